import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { pathOf, post } from '../../api/client.ts'
import type { FraudDecision } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { formatTime, ruleName } from '../../components/format.tsx'
import { Facts } from '../../components/parts.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

interface Explanation extends FraudDecision {
  readonly ruleNow: { readonly title: string; readonly description: string } | null
  readonly policyLines: readonly string[]
}

/** What a decision rests on, and the way to take it back. */
export function DecisionDialog({
  decision,
  onClose,
}: {
  readonly decision: FraudDecision
  readonly onClose: () => void
}) {
  const { may } = useSession()
  const { data } = useApi<Explanation>(pathOf`/fraud/decisions/${decision.id}`)
  const [undoing, setUndoing] = useState(false)
  const change = useChange(
    (reason: string) => post(pathOf`/fraud/decisions/${decision.id}/undo`, { reason }),
    ['/fraud', '/extensions'],
  )
  if (undoing) {
    return (
      <Confirm
        title="Take it back?"
        action="Take it back"
        needsReason
        onClose={() => setUndoing(false)}
        onConfirm={reason => change.mutateAsync(reason).then(onClose)}
      >
        <p>
          {decision.response === 'suspend'
            ? `Extension ${decision.payer} may call outside again.`
            : 'What was closed is open again.'}{' '}
          If it was fraud, change the phone’s password first.
        </p>
      </Confirm>
    )
  }
  return (
    <Dialog title={`${ruleName(decision.rule)}: ${decision.payer}`} onClose={onClose} wide>
      <p>{decision.reason}</p>
      {data?.ruleNow != null && <p className="text-muted">{data.ruleNow.description}</p>}
      <Facts
        items={[
          ['When', `${formatTime(decision.at)}${decision.count > 1 ? `, found ${decision.count} times` : ''}`],
          ['Done', `${decision.response} (${decision.state})`],
          ['Until', decision.expiresAt === null ? 'somebody takes it back' : formatTime(decision.expiresAt)],
          ...Object.entries(decision.evidence),
          ...(decision.callId === null
            ? []
            : [
                [
                  'Call',
                  <Link key="c" to="/calls/$id" params={{ id: decision.callId }} className="text-accent underline">
                    see the call
                  </Link>,
                ] as const,
              ]),
        ]}
      />
      {data !== undefined && data.policyLines.length > 0 && (
        <pre className="max-h-48 overflow-auto rounded-lg border p-3 font-mono text-sm">
          {data.policyLines.join('\n')}
        </pre>
      )}
      {decision.state === 'in-force' && may('fraud:decide') && (
        <div className="flex justify-end">
          <Button kind="primary" onClick={() => setUndoing(true)}>
            Take it back
          </Button>
        </div>
      )}
    </Dialog>
  )
}
