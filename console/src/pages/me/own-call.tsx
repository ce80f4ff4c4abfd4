/** One call of one's own, and the way to say that it was not in order. */
import { useState } from 'react'
import { pathOf, post } from '../../api/client.ts'
import type { PastCall } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { formatDuration, formatTime } from '../../components/format.tsx'
import { Badge } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useChange } from '../../hooks/use-api.ts'
import { causeText } from '../calls/call-text.ts'

export function OwnCall({ call, number }: { readonly call: PastCall; readonly number: string }) {
  const [asking, setAsking] = useState(false)
  const [reported, setReported] = useState(false)
  const report = useChange((reason: string) => post(pathOf`/me/calls/${call.id}/report`, { reason }), [])
  const { startedAt, answeredAt, endedAt } = call
  const other = call.from === number ? `to ${visible(call.to)}` : `from ${visible(call.from)}`
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 py-2">
      <span>
        <bdi>{other}</bdi> <span className="text-muted">{causeText(call)}</span>
      </span>
      <span className="flex flex-wrap items-center gap-3 text-sm text-muted">
        {formatTime(startedAt)}
        {answeredAt === undefined ? '' : `, ${formatDuration((endedAt ?? Date.now()) - answeredAt)}`}
        {reported ? (
          <Badge tone="good">reported</Badge>
        ) : (
          <Button small onClick={() => setAsking(true)} aria-label={`Report the call ${other}`}>
            Report
          </Button>
        )}
      </span>
      {asking && (
        <Confirm
          title="Was this call not in order?"
          action="Report it"
          needsReason
          onClose={() => setAsking(false)}
          onConfirm={reason => report.mutateAsync(reason).then(() => setReported(true))}
        >
          <p>Your administrators are told at once. The call {other} stays on record.</p>
        </Confirm>
      )}
    </li>
  )
}
