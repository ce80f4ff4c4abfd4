import { useEffect, useState } from 'react'
import { ApiError, patch } from '../../api/client.ts'
import type { Budget, CapName } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { formatMoney } from '../../components/format.tsx'
import { Card, Failure, Loading } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

const CAPS: readonly (readonly [CapName, string, string])[] = [
  ['call', 'One call', 'A single call is ended when it has cost this much.'],
  ['extensionDay', 'One extension, a day', 'For each extension alone.'],
  ['organisationDay', 'Everybody, a day', 'All calls outside together.'],
  ['organisationMonth', 'Everybody, a month', 'All calls outside together.'],
  ['riskyDay', 'Risky numbers, a day', 'Numbers that fraud likes, all together.'],
]

const SCOPES: Readonly<Record<string, string>> = {
  'extension-day': 'today',
  'organisation-day': 'Everybody today',
  'organisation-month': 'Everybody this month',
  'risky-day': 'Risky numbers today',
}

export function Budgets() {
  const { may } = useSession()
  const toast = useToast()
  const { data } = useApi<Budget>('/budget', { everyMs: 15_000 })
  const [draft, setDraft] = useState<Record<CapName, string>>()
  const change = useChange((caps: unknown) => patch('/budget', caps), ['/budget', '/fraud'])
  useEffect(() => {
    if (data !== undefined) setDraft(current => current ?? { ...data.caps })
  }, [data])
  if (data === undefined || draft === undefined) {
    return (
      <Card title="Money">
        <Loading />
      </Card>
    )
  }
  const changed = Object.fromEntries(
    CAPS.filter(([name]) => Number(draft[name]) !== Number(data.caps[name])).map(([name]) => [name, draft[name]]),
  )
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  return (
    <Card title="Money">
      <ul className="mb-5 grid gap-3 md:grid-cols-2">
        {data.lines.map(line => (
          <li key={`${line.scope}${line.payer}${line.period}`} className="grid gap-1">
            <span className="flex justify-between text-sm">
              <span>{line.payer === '' ? SCOPES[line.scope] : `${line.payer} ${SCOPES[line.scope]}`}</span>
              <span className="text-muted">
                {formatMoney(line.charged, data.currency)} of {formatMoney(line.cap, data.currency)}
              </span>
            </span>
            <progress
              className="h-1.5 w-full accent-(--accent)"
              max={1_000}
              value={Math.min(1_000, line.perMille)}
              aria-label={`${line.payer} ${line.scope}`}
            />
          </li>
        ))}
      </ul>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          change.mutateAsync(changed).then(
            () => toast('The caps were changed.'),
            () => undefined,
          )
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
          {CAPS.map(([name, label, hint]) => (
            <Field
              key={name}
              label={`${label} (${data.currency})`}
              value={draft[name]}
              onChange={value => setDraft({ ...draft, [name]: value })}
              inputMode="decimal"
              disabled={!may('fraud:write')}
              problem={problem(name)}
              hint={hint}
            />
          ))}
        </div>
        {change.error !== null && <Failure error={change.error} />}
        {may('fraud:write') && (
          <div className="flex justify-end gap-2">
            <Button disabled={Object.keys(changed).length === 0} onClick={() => setDraft({ ...data.caps })}>
              As it was
            </Button>
            <Button kind="primary" type="submit" busy={change.isPending} disabled={Object.keys(changed).length === 0}>
              Change the caps
            </Button>
          </div>
        )}
      </form>
    </Card>
  )
}
