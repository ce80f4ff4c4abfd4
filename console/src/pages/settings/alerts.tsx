import { useState } from 'react'
import { post } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { Badge, Card, Failure, Notice } from '../../components/parts.tsx'
import { useChange } from '../../hooks/use-api.ts'

interface ChannelTest {
  readonly channel: string
  readonly ok: boolean
  readonly detail: string
}

export function Alerts() {
  const [tests, setTests] = useState<readonly ChannelTest[]>()
  const change = useChange(() => post<readonly ChannelTest[]>('/alerts/test').then(setTests), [])
  return (
    <Card title="Alerts">
      <p className="mb-3 text-muted">
        Mail, webhooks and chats are named in the configuration file. Try whether they reach you:
      </p>
      <Button busy={change.isPending} onClick={() => change.mutate(undefined)}>
        Send a test
      </Button>
      {change.error !== null && <Failure error={change.error} />}
      {tests?.length === 0 && (
        <div className="mt-3">
          <Notice tone="warn">No channel is set up: nobody is told at 3 a.m.</Notice>
        </div>
      )}
      <ul className="mt-3 grid gap-1">
        {tests?.map(each => (
          <li key={each.channel}>
            <Badge tone={each.ok ? 'good' : 'bad'}>{each.ok ? 'sent' : 'failed'}</Badge> {each.channel} {each.detail}
          </li>
        ))}
      </ul>
    </Card>
  )
}
