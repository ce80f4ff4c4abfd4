import { useState } from 'react'
import { ApiError, post } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { formatTime } from '../../components/format.tsx'
import { Badge, Card, Failure, Loading } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

interface Organisation {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly createdAt: number
}

/** Of the whole installation: businesses that see nothing of each other. */
export function Organisations() {
  const { session, may, choose } = useSession()
  const { data } = useApi<{ readonly items: readonly Organisation[] }>('/organisations')
  const [adding, setAdding] = useState(false)
  const add = may('organisations:write') && (
    <Button small onClick={() => setAdding(true)}>
      Add one
    </Button>
  )
  return (
    <Card title="Organisations on this machine" more={add}>
      {data === undefined ? (
        <Loading />
      ) : (
        <ul className="divide-y">
          {data.items.map(each => (
            <li key={each.id} className="flex flex-wrap items-center justify-between gap-3 py-3 first:pt-0 last:pb-0">
              <div className="min-w-0">
                <p className="font-medium">{each.name}</p>
                <p className="text-sm text-muted">
                  {each.domain}, since {formatTime(each.createdAt)}
                </p>
              </div>
              {session?.organisation.id === each.id ? (
                <Badge tone="accent">these pages</Badge>
              ) : (
                <Button small onClick={() => void choose(each.id)}>
                  Show this one
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <AddOrganisation onClose={() => setAdding(false)} />}
    </Card>
  )
}

function AddOrganisation({ onClose }: { readonly onClose: () => void }) {
  const toast = useToast()
  const [name, setName] = useState('')
  const [domain, setDomain] = useState('')
  const change = useChange((body: unknown) => post('/organisations', body), ['/organisations'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  const isNamed = problem('name') !== undefined || problem('domain') !== undefined
  return (
    <Dialog title="Add an organisation" onClose={onClose}>
      <p className="text-muted">
        It has its own extensions, trunks, caps and people, and sees nothing of the others. Its phones sign in at its
        own domain.
      </p>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          change.mutateAsync({ name: name.trim(), domain: domain.trim() }).then(
            () => {
              toast('The organisation was added.')
              onClose()
            },
            () => undefined,
          )
        }}
      >
        <Field label="Name" value={name} onChange={setName} required problem={problem('name')} />
        <Field
          label="SIP domain"
          value={domain}
          onChange={setDomain}
          required
          problem={problem('domain')}
          placeholder="phones.example.org"
          hint="Cannot be changed later: phones know it."
        />
        {change.error !== null && !isNamed && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending}>
            Add it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
