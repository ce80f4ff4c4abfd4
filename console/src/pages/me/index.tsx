/** The page of a user: own phone, own calls, and what waits for their own word. */
import type { Device, Extension, PastCall } from '../../api/types.ts'
import { Badge, Card, Empty, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { useApi } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { Forwarding } from '../extensions/forwarding.tsx'
import { OwnApprovals } from './approvals.tsx'
import { OwnCall } from './own-call.tsx'

interface Listed<T> {
  readonly items: readonly T[]
}

export default function Me() {
  const { session } = useSession()
  const extension = useApi<Extension>('/me/extension')
  const devices = useApi<Listed<Device>>('/me/devices', { everyMs: 15_000 })
  const calls = useApi<Listed<PastCall>>('/me/calls', { everyMs: 30_000 })
  if (extension.error !== null)
    return (
      <div className="grid gap-5">
        <PageHead title="My phone" />
        <Failure error={extension.error} onRetry={() => void extension.refetch()} />
      </div>
    )
  if (extension.data === undefined) return <Loading />
  const { number, name, state } = extension.data
  return (
    <div className="grid gap-5">
      <PageHead title={`Hello, ${session?.person.name}`} lead={`Your extension is ${number} (${name}).`} />
      {state === 'suspended' && (
        <Notice tone="bad">
          Your extension cannot call outside now. Calls for help and to colleagues work. Ask your administrator.
        </Notice>
      )}
      {state === 'active' && <OwnApprovals />}
      <Card title="My phones">
        {devices.data === undefined ? (
          <Loading />
        ) : devices.data.items.length === 0 ? (
          <Empty title="No phone yet">Your administrator sets one up with you.</Empty>
        ) : (
          <ul className="divide-y">
            {devices.data.items.map(each => (
              <li key={each.username} className="flex flex-wrap justify-between gap-2 py-2">
                <span>{each.label === '' ? each.username : each.label}</span>
                <Badge tone={each.registered ? 'good' : 'warn'}>
                  {each.registered ? `connected from ${each.sourceAddress}` : 'not connected'}
                </Badge>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Forwarding number={number} own />
      <Card title="My calls">
        {calls.data === undefined ? (
          <Loading />
        ) : calls.data.items.length === 0 ? (
          <Empty title="No calls yet">Your calls stand here when they are over.</Empty>
        ) : (
          <ul className="divide-y">
            {calls.data.items.map(call => (
              <OwnCall key={call.id} call={call} number={number} />
            ))}
          </ul>
        )}
        <p className="mt-3 text-sm text-muted">
          A call here that was not yours? Report it: somebody else may know your phone’s password.
        </p>
      </Card>
    </div>
  )
}
