import { useState } from 'react'
import { ApiError, pathOf, post, remove } from '../../api/client.ts'
import type { ApiKey } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Check, Choice, Field } from '../../components/field.tsx'
import { Ago, formatTime } from '../../components/format.tsx'
import { Card, Empty, Failure, Loading, Notice } from '../../components/parts.tsx'
import { useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

const DAY = 86_400_000
/** What people alone may have. */
const NOT_FOR_KEYS = /^(people:write|api-keys:write|organisations:write|own:)/

export function ApiKeys({ keys }: { readonly keys: readonly ApiKey[] | undefined }) {
  const { may } = useSession()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<ApiKey>()
  const change = useChange((id: string) => remove(pathOf`/api-keys/${id}`), ['/api-keys'])
  const add = may('api-keys:write') && (
    <Button small onClick={() => setAdding(true)}>
      Make a key
    </Button>
  )
  return (
    <Card title="Keys of programs" more={add}>
      {keys === undefined ? (
        <Loading />
      ) : keys.length === 0 ? (
        <Empty title="No keys">
          A program that reads the log or the status gets a key of its own: with what it may do, from where, and until
          when.
        </Empty>
      ) : (
        <ul className="divide-y">
          {keys.map(key => (
            <li key={key.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
              <div className="min-w-0">
                <p className="font-medium">{key.name}</p>
                <p className="text-sm text-muted">
                  {key.scopes.join(', ')};{' '}
                  {key.networks.length === 0 ? 'from anywhere' : `from ${key.networks.join(', ')}`}; until{' '}
                  {formatTime(key.expiresAt)};{' '}
                  {key.lastUsedAt === null ? (
                    'never used'
                  ) : (
                    <>
                      used <Ago at={key.lastUsedAt} />
                    </>
                  )}
                </p>
              </div>
              {may('api-keys:write') && (
                <Button small kind="danger" onClick={() => setRemoving(key)}>
                  Void it
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <AddKey onClose={() => setAdding(false)} />}
      {removing !== undefined && (
        <Confirm
          title={`Void “${removing.name}”?`}
          action="Void it"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={() => change.mutateAsync(removing.id)}
        >
          <p>The program that uses it is refused from now on.</p>
        </Confirm>
      )}
    </Card>
  )
}

function AddKey({ onClose }: { readonly onClose: () => void }) {
  const { session } = useSession()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly string[]>([])
  const [networks, setNetworks] = useState('')
  const [days, setDays] = useState('90')
  const [secret, setSecret] = useState<string>()
  const change = useChange((body: unknown) => post<{ secret: string }>('/api-keys', body), ['/api-keys'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  if (secret !== undefined) {
    return (
      <Dialog title={`The key “${name}”`} onClose={onClose}>
        <Notice tone="warn">
          It is shown once, and kept here only as a hash. Put it where the program keeps its secrets.
        </Notice>
        <code className="rounded-lg border p-3 font-mono text-sm break-all">{secret}</code>
        <div className="flex justify-end">
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    )
  }
  const offered = (session?.permissions ?? []).filter(permission => !NOT_FOR_KEYS.test(permission))
  return (
    <Dialog title="Make a key" onClose={onClose} wide>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          const list = networks.split(/[\s,]+/).filter(each => each !== '')
          change.mutateAsync({ name, scopes, networks: list, expiresAt: Date.now() + Number(days) * DAY }).then(
            made => setSecret((made as { secret: string }).secret),
            () => undefined,
          )
        }}
      >
        <Field
          label="Name"
          value={name}
          onChange={setName}
          required
          problem={problem('name')}
          hint="What uses it; for example: monitoring."
        />
        <fieldset className="grid gap-2">
          <legend className="mb-1 text-sm font-medium">What it may do</legend>
          <div className="grid gap-1 sm:grid-cols-3">
            {offered.map(permission => (
              <Check
                key={permission}
                label={<code className="text-sm">{permission}</code>}
                checked={scopes.includes(permission)}
                onChange={checked =>
                  setScopes(checked ? [...scopes, permission] : scopes.filter(each => each !== permission))
                }
              />
            ))}
          </div>
          {problem('scopes') !== undefined && <p className="text-sm text-bad">{problem('scopes')}</p>}
        </fieldset>
        <Field
          label="From which networks"
          value={networks}
          onChange={setNetworks}
          problem={problem('networks')}
          hint="Addresses or networks such as 192.0.2.0/24; empty: from anywhere."
        />
        <Choice
          label="For how long"
          value={days}
          onChange={setDays}
          options={[
            { value: '30', label: '30 days' },
            { value: '90', label: '90 days' },
            { value: '365', label: 'a year' },
          ]}
        />
        {change.error !== null && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending} disabled={scopes.length === 0}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
