/** Calls of one's own that were held back until one says that one wanted them. */
import { useState } from 'react'
import { pathOf, post } from '../../api/client.ts'
import type { Approval } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Ago } from '../../components/format.tsx'
import { Card, Failure } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { countryName } from '../overview/countries.ts'

const DAY_SECONDS = 86_400

export function OwnApprovals() {
  const { may } = useSession()
  const toast = useToast()
  const { data, error } = useApi<{ readonly items: readonly Approval[] }>('/me/approvals', { everyMs: 15_000 })
  const [asking, setAsking] = useState<Approval>()
  const change = useChange(
    (id: string) => post(pathOf`/me/approvals/${id}/approve`, { seconds: DAY_SECONDS }),
    ['/me/approvals'],
  )
  if (error !== null) return <Failure error={error} />
  if (data === undefined || data.items.length === 0) return null
  return (
    <Card title="Was that you?">
      <p className="mb-3 max-w-[65ch] text-muted">
        Your phone called where it never called before, and was stopped. If it was you: say so, and call again. If it
        was not: leave it, and tell your administrator that somebody may know your phone’s password.
      </p>
      <ul className="divide-y">
        {data.items.map(each => (
          <li key={each.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
            <span>
              {whatOf(each)}{' '}
              <span className="text-sm text-muted">
                <Ago at={each.at} />
              </span>
            </span>
            {may('own:write') && (
              <Button small onClick={() => setAsking(each)}>
                That was me
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asking !== undefined && (
        <Confirm
          title={`Allow calls to ${whatOf(asking)}?`}
          action="That was me: allow it"
          onClose={() => setAsking(undefined)}
          onConfirm={() => change.mutateAsync(asking.id).then(() => toast('Allowed for a day: call again now.'))}
        >
          <p>For 24 hours, from your extension only. The caps on what calls may cost go on counting.</p>
        </Confirm>
      )}
    </Card>
  )
}

function whatOf({ kind, value }: Approval): string {
  return kind === 'country' ? countryName(value) : value
}
