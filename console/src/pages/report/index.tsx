/** One month on paper: is it encrypted, what was attacked, what it cost, who may do what. */
import type {
  Budget,
  FirewallStatus,
  FraudDecision,
  FraudStatus,
  PastCall,
  PersonView,
  Status,
} from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { formatMoney, formatTime, ruleName } from '../../components/format.tsx'
import { Card, Facts, Loading, PageHead } from '../../components/parts.tsx'
import { useApi, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { protectionOf } from '../calls/call-text.ts'
import { judge } from '../overview/judge.ts'

const MONTH_MS = 30 * 86_400_000

export default function Report() {
  const { session, may } = useSession()
  const status = useApi<Status>('/status').data
  const fraud = useApi<FraudStatus>('/fraud/status').data
  const budget = useApi<Budget>('/budget').data
  const decisions = usePages<FraudDecision>('/fraud/decisions?all=true', { all: true }).items
  const firewall = useApi<FirewallStatus>('/firewall/status', { enabled: may('firewall:read') }).data
  const people = usePages<PersonView>('/people', { enabled: may('people:read') }).items
  const { items: calls, hasNextPage } = usePages<PastCall>('/calls', { limit: 500 })
  if (status === undefined || fraud === undefined || calls === undefined) return <Loading what="Writing the report" />
  const since = Date.now() - MONTH_MS
  const month = calls.filter(call => call.startedAt >= since)
  const answered = month.filter(call => call.answeredAt !== undefined)
  const plain = answered.filter(call => protectionOf(call) !== 'encrypted')
  const found = (decisions ?? []).filter(each => each.at >= since)
  const verdict = judge({ status, fraud, firewall, people, now: Date.now() })
  const withFactor = people?.filter(each => each.state === 'active').length ?? 0
  return (
    <div className="grid gap-5">
      <PageHead
        title="Security report"
        lead={`${session?.organisation.name}, ${formatTime(since)} to ${formatTime(Date.now())}`}
      >
        <Button kind="primary" className="no-print" onClick={() => print()}>
          Print
        </Button>
      </PageHead>
      <Card title="In one sentence">
        <p className="text-lg">
          {verdict.sentence} Score {verdict.score} of 100.
        </p>
        {verdict.todo.length > 0 && (
          <ul className="mt-3 list-disc pl-5">
            {verdict.todo.map(each => (
              <li key={each.text}>{each.text}</li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="Which encryption is required?">
        <Facts
          items={[
            ['Answered calls', `${answered.length}${hasNextPage ? ' among the newest 500' : ''}`],
            ['Encrypted on every side', `${answered.length - plain.length} of ${answered.length}`],
            [
              'Not encrypted',
              plain.length === 0
                ? 'none'
                : plain.map(call => `${call.from} to ${call.to}, ${formatTime(call.startedAt)}`).join('; '),
            ],
            ['Switched off', status.weakened.length === 0 ? 'nothing' : status.weakened.join('; ')],
            ['Certificate', `good until ${formatTime(status.certificate.notAfter)}`],
          ]}
        />
      </Card>
      <Card title="What stops toll fraud?">
        <Facts
          items={[
            [
              'Spent this month',
              `${formatMoney(fraud.spentThisMonth, fraud.currency)} of at most ${formatMoney(fraud.capThisMonth, fraud.currency)}`,
            ],
            ['One call costs at most', budget === undefined ? '–' : formatMoney(budget.caps.call, budget.currency)],
            ['Decisions of rules', found.length === 0 ? 'none was needed' : String(found.length)],
            ...[...new Set(found.map(each => each.rule))].map(
              rule => [ruleName(rule), `${found.filter(each => each.rule === rule).length} times`] as const,
            ),
          ]}
        />
      </Card>
      {firewall !== undefined && (
        <Card title="Who knocked?">
          <Facts
            items={[
              ['Banned now', String(firewall.bans)],
              ...firewall.stopped.slice(0, 8).map(each => [each.rule, `${each.lastDay} messages in a day`] as const),
            ]}
          />
        </Card>
      )}
      {people !== undefined && (
        <Card title="Is a second factor required for everybody?">
          <p>Yes: no account can exist without one. {withFactor} people have an account.</p>
          <ul className="mt-2 list-disc pl-5">
            {people.map(each => (
              <li key={each.id}>
                {each.name} ({each.role}):{' '}
                {each.state === 'active'
                  ? each.factors.passkeys.length > 0
                    ? 'passkey'
                    : 'password and codes'
                  : each.state}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  )
}
