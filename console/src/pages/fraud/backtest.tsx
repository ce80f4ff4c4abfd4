/** What a rule would have done to one's own calls of the past, before it does it to those of tomorrow. */
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { post } from '../../api/client.ts'
import type { Backtest as Found } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { formatMoney, formatTime, ruleName } from '../../components/format.tsx'
import { Badge, Failure, Notice } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useChange } from '../../hooks/use-api.ts'

const DAYS = 30

interface BacktestProps {
  /** The rule as it is tried: switched on, with the thresholds that stand in the form. Undefined: all as they are. */
  readonly rule?: { readonly id: string; readonly thresholds: Readonly<Record<string, number>> }
}

export function Backtest({ rule }: BacktestProps) {
  const [found, setFound] = useState<Found>()
  const ask = useChange(
    () =>
      post<Found>('/fraud/backtest', {
        days: DAYS,
        ...(rule === undefined ? {} : { rule: rule.id, mode: 'on', thresholds: rule.thresholds }),
      }).then(setFound),
    [],
  )
  return (
    <div className="grid gap-3">
      <div>
        <Button busy={ask.isPending} onClick={() => ask.mutate(undefined)}>
          {`Try it on the calls of the last ${DAYS} days`}
        </Button>
      </div>
      {ask.error !== null && <Failure error={ask.error} />}
      {found !== undefined && <Result found={found} only={rule?.id} />}
    </div>
  )
}

function Result({ found, only }: { readonly found: Found; readonly only: string | undefined }) {
  const { calls, stopped, suspended, currency, spent, spentWithout, partial } = found
  const rules = found.rules.filter(each => only === undefined || each.rule === only)
  const examples = found.examples.filter(each => only === undefined || each.rule === only)
  const own = only === undefined ? stopped : rules.reduce((sum, each) => sum + each.stopped, 0)
  return (
    <div role="status" className="grid gap-2">
      <Notice tone={own === 0 ? 'good' : 'warn'}>
        {calls === 0
          ? 'There were no calls to try it on.'
          : `Of ${calls} calls ${only === undefined ? 'the rules' : 'this rule'} would have stopped ${own}.`}
        {suspended.length > 0 && ` Suspended: ${suspended.join(', ')}.`}
        {partial && ' There were more calls: the newest were looked at.'}
      </Notice>
      {calls > 0 && (
        <p className="text-sm text-muted">
          With all rules and caps they would have cost {formatMoney(spent, currency)}, without any{' '}
          {formatMoney(spentWithout, currency)}. Nothing was changed by looking.
        </p>
      )}
      {only === undefined && rules.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {rules.map(each => (
            <li key={each.rule}>
              <Badge>{`${ruleName(each.rule)}: ${each.stopped}`}</Badge>
            </li>
          ))}
        </ul>
      )}
      {examples.length > 0 && (
        <ul aria-label="Calls that would have been stopped" className="grid max-h-48 gap-1 overflow-y-auto text-sm">
          {examples.map(each => (
            <li key={each.call}>
              <Link to="/calls/$id" params={{ id: each.call }} className="text-accent underline">
                {formatTime(each.at)}: {visible(each.extension)} → {visible(each.to)}
              </Link>{' '}
              <bdi className="text-muted">{visible(each.reason)}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
