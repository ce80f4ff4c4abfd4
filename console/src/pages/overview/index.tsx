/** Is it safe? One sentence, a score, and the three things to do next; what happens now; what it costs. */
import { Link } from '@tanstack/react-router'
import { Lock, LockOpen } from 'lucide-react'
import type { ReactNode } from 'react'
import type {
  FirewallStatus,
  FraudStatus,
  LiveCall,
  LoggedEvent,
  PastCall,
  PersonView,
  Status,
} from '../../api/types.ts'
import { Ago, formatDuration, formatMoney, formatTime, ruleName, useNow } from '../../components/format.tsx'
import { Badge, Card, Empty, Failure, Loading, Notice } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useApi, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { AttackMap } from './attack-map.tsx'
import { judge } from './judge.ts'

export default function Overview() {
  const { may } = useSession()
  const status = useApi<Status>('/status', { everyMs: 10_000 })
  const fraud = useApi<FraudStatus>('/fraud/status', { everyMs: 10_000, enabled: may('fraud:read') })
  const firewall = useApi<FirewallStatus>('/firewall/status', { everyMs: 10_000, enabled: may('firewall:read') })
  const people = usePages<PersonView>('/people', { enabled: may('people:read') })
  const calls = usePages<LiveCall>('/calls/live', { everyMs: 3_000, enabled: may('calls:read') })
  if (status.error !== null) return <Failure error={status.error} onRetry={() => void status.refetch()} />
  if (status.data === undefined) return <Loading what="Looking at the phone system" />
  const verdict = judge({
    status: status.data,
    fraud: fraud.data,
    firewall: firewall.data,
    people: people.items,
    now: Date.now(),
  })
  return (
    <div className="grid gap-5">
      <section className="flex flex-wrap items-center gap-6 rounded-2xl border bg-surface p-6">
        <Score value={verdict.score} tone={verdict.tone} />
        <div className="min-w-[16rem] flex-1">
          <h1>{verdict.sentence}</h1>
          <p className="mt-1 text-muted">
            {status.data.domain}: {status.data.registrations} phones are connected, {status.data.liveCalls} calls are
            up.
          </p>
        </div>
      </section>
      {verdict.todo.length > 0 && (
        <Card
          title={
            verdict.todo.length === 1
              ? 'The one thing to do next'
              : `The ${Math.min(3, verdict.todo.length)} things to do next`
          }
        >
          <ol className="grid gap-2">
            {verdict.todo.slice(0, 3).map(each => (
              <li key={each.text}>
                <Notice tone={each.tone}>
                  {each.text}{' '}
                  <Link to={each.to} className="font-medium underline">
                    {each.action}
                  </Link>
                </Notice>
              </li>
            ))}
          </ol>
        </Card>
      )}
      <div className="grid gap-5 md:grid-cols-2 xl:grid-cols-4">
        <Figure
          label="Phones connected"
          value={String(status.data.registrations)}
          more={`of ${status.data.devices} set up`}
          to="/extensions"
        />
        {fraud.data !== undefined && <Money fraud={fraud.data} />}
        {fraud.data !== undefined && (
          <Figure
            label="Fraud stopped today"
            value={String(fraud.data.stoppedToday)}
            more={
              fraud.data.preventedToday === null
                ? 'calls'
                : `about ${formatMoney(fraud.data.preventedToday, fraud.data.currency)} an hour (estimate)`
            }
            to="/fraud"
          />
        )}
        {firewall.data !== undefined && (
          <Figure
            label="Messages stopped"
            value={String(firewall.data.stopped.reduce((sum, each) => sum + each.lastDay, 0))}
            more={`today, ${firewall.data.bans} sources banned now`}
            to="/firewall"
          />
        )}
      </div>
      {may('calls:read') && <LiveCalls calls={calls.items} />}
      {firewall.data !== undefined && <Attacks firewall={firewall.data} />}
      <div className="grid gap-5 lg:grid-cols-2">
        <Health status={status.data} mayCalls={may('calls:read')} />
        {may('log:read') && <Lately />}
      </div>
    </div>
  )
}

function Score({ value, tone }: { readonly value: number; readonly tone: 'good' | 'warn' | 'bad' }) {
  const colour = { good: 'var(--good)', warn: 'var(--warn)', bad: 'var(--bad)' }[tone]
  return (
    <div
      role="img"
      aria-label={`Score ${value} of 100`}
      className="grid size-24 place-content-center rounded-full"
      style={{ background: `conic-gradient(${colour} ${value}%, var(--line) 0)` }}
    >
      <div className="grid size-20 place-content-center rounded-full bg-surface text-center">
        <span className="text-2xl font-semibold">{value}</span>
        <span className="-mt-1 text-xs text-muted">of 100</span>
      </div>
    </div>
  )
}

function Figure({
  label,
  value,
  more,
  to,
}: {
  readonly label: string
  readonly value: string
  readonly more: ReactNode
  readonly to: string
}) {
  return (
    <Link to={to} className="grid content-start gap-0.5 rounded-2xl border bg-surface p-5 hover:bg-accent-soft">
      <span className="text-sm text-muted">{label}</span>
      <span className="text-2xl font-semibold">{value}</span>
      <span className="text-sm text-muted">{more}</span>
    </Link>
  )
}

function Money({ fraud }: { readonly fraud: FraudStatus }) {
  const share = Math.min(100, (Number(fraud.spentToday) / Math.max(Number(fraud.capToday), 0.01)) * 100)
  return (
    <Link to="/fraud" className="grid content-start gap-1 rounded-2xl border bg-surface p-5 hover:bg-accent-soft">
      <span className="text-sm text-muted">Spent today</span>
      <span className="text-2xl font-semibold">{formatMoney(fraud.spentToday, fraud.currency)}</span>
      <progress className="h-1.5 w-full accent-(--accent)" max={100} value={share} aria-label="Part of today's cap" />
      <span className="text-sm text-muted">never more than {formatMoney(fraud.capToday, fraud.currency)}</span>
    </Link>
  )
}

function LiveCalls({ calls }: { readonly calls: readonly LiveCall[] | undefined }) {
  const now = useNow(1_000)
  return (
    <Card title="Calls now">
      {calls === undefined ? (
        <Loading />
      ) : (
        <Table
          label="Calls now"
          rows={calls}
          keyOf={call => call.id}
          empty={
            <Empty title="Nobody is on the phone">
              A call stands here while it lasts, with the encryption of each side.
            </Empty>
          }
          columns={[
            { title: 'From', cell: call => call.from },
            { title: 'To', cell: call => call.to },
            {
              title: 'State',
              cell: call => <Badge tone={call.state === 'answered' ? 'good' : 'accent'}>{call.state}</Badge>,
              width: '7rem',
            },
            { title: 'Lasts', cell: call => formatDuration(now - (call.answeredAt ?? call.startedAt)), width: '6rem' },
            { title: 'Encryption of each side', cell: call => <Legs call={call} />, width: 'minmax(0,1.8fr)' },
          ]}
        />
      )}
    </Card>
  )
}

function Legs({ call }: { readonly call: LiveCall }) {
  return (
    <span className="flex flex-wrap gap-1">
      {call.legs.map((leg, index) => {
        const safe = /TLS|WSS/.test(leg.signalling) && (leg.media === null || leg.media !== 'NOT ENCRYPTED')
        const media = leg.media ?? (leg.codec === null ? 'no media yet' : 'NOT ENCRYPTED')
        return (
          <Badge key={`${leg.number}-${index}`} tone={safe && media !== 'NOT ENCRYPTED' ? 'good' : 'bad'}>
            {safe ? <Lock size={12} aria-hidden /> : <LockOpen size={12} aria-hidden />} {leg.trunk ?? leg.number}:{' '}
            {leg.signalling}, {media}
          </Badge>
        )
      })}
    </span>
  )
}

function Attacks({ firewall }: { readonly firewall: FirewallStatus }) {
  return (
    <Card
      title="Who was stopped lately"
      more={
        <Link to="/firewall" className="text-sm text-accent underline">
          All decisions
        </Link>
      }
    >
      {firewall.sources.length === 0 ? (
        <Empty title="Nobody has knocked yet">
          Scanners find every phone system within hours. Whoever is stopped stands here.
        </Empty>
      ) : (
        <div className="grid gap-4 lg:grid-cols-[1.2fr_1fr]">
          <AttackMap sources={firewall.sources} />
          <ul className="divide-y">
            {firewall.sources.slice(0, 8).map(each => (
              <li key={each.source} className="flex items-center justify-between gap-3 py-1.5">
                <Link
                  to="/firewall"
                  search={{ subject: each.source } as never}
                  className="truncate font-mono text-sm text-accent underline"
                >
                  {each.source}
                </Link>
                <span className="text-sm text-muted">
                  {each.country ?? 'country unknown'}, {each.stopped === 1 ? 'once' : `${each.stopped} times`},{' '}
                  {each.rule.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  )
}

/** Below it people complain (ITU-T G.107, annex B: many users dissatisfied). */
const POOR_MOS = 3.6

/** How the last calls sounded. */
function Quality() {
  const { items } = usePages<PastCall>('/calls', { everyMs: 30_000, limit: 100 })
  if (items === undefined) return null
  const heard = items
    .map(call => call.legs.flatMap(leg => (typeof leg.media?.mos === 'number' ? [leg.media.mos] : [])))
    .filter(each => each.length > 0)
    .map(each => Math.min(...each))
  const poor = heard.filter(each => each < POOR_MOS).length
  const average = heard.reduce((sum, each) => sum + each, 0) / heard.length
  return (
    <Line good={poor * 20 <= heard.length}>
      {heard.length === 0 ? (
        'No call was measured yet: how they sounded will stand here.'
      ) : (
        <>
          <Link to="/calls" className="text-accent underline">
            {heard.length === 1 ? 'The last call' : `The last ${heard.length} calls`}
          </Link>{' '}
          sounded {average >= 4 ? 'good' : average >= POOR_MOS ? 'fair' : 'poor'} (MOS {average.toFixed(1)})
          {poor > 0 ? `; ${poor} of them poor` : ''}.
        </>
      )}
    </Line>
  )
}

function Health({ status, mayCalls }: { readonly status: Status; readonly mayCalls: boolean }) {
  const days = Math.floor((status.certificate.notAfter - Date.now()) / 86_400_000)
  return (
    <Card title="Health">
      <ul className="grid gap-2">
        <Line good={status.store === 'available'}>
          The database is {status.store === 'available' ? 'there' : 'away: calls go on, records wait'}.
        </Line>
        <Line good={days > 21}>
          The certificate is good until {formatTime(status.certificate.notAfter)} ({days} days).
        </Line>
        {mayCalls && <Quality />}
        {status.trunks.map(trunk => (
          <Line key={trunk.name} good={trunk.health === 'up' || trunk.health === 'unknown'}>
            Trunk {trunk.name}: {trunk.health}
            {trunk.problem === null ? '' : `, ${trunk.problem}`}.
          </Line>
        ))}
        {status.weakened.map(each => (
          <Line key={each} good={false}>
            Weakened: {each}
          </Line>
        ))}
        <Line good>
          Release {status.version} on Node.js {status.node.replace(/^v/, '')}, up since <Ago at={status.startedAt} />.
          Whether there is a newer one is asked of nobody: the project’s CHANGELOG says it, and README how to update.
        </Line>
      </ul>
    </Card>
  )
}

function Line({ good, children }: { readonly good: boolean; readonly children: ReactNode }) {
  return (
    <li className="flex items-start gap-2">
      <Badge tone={good ? 'good' : 'warn'}>{good ? 'fine' : 'look'}</Badge>
      <span className="min-w-0 break-words">{children}</span>
    </li>
  )
}

const TELLING =
  'fraud.suspended,fraud.blocked,fraud.calls-ended,fraud.confirmation-asked,fraud.approved,fraud.undone,fraud.policy-changed,firewall.decided,people.signed-in,people.invited,people.changed,directory.,emergency.,certificate.,configuration.weakened,trunk.down'

function Lately() {
  const { items } = usePages<LoggedEvent>(`/events?types=${encodeURIComponent(TELLING)}`, { everyMs: 15_000, limit: 8 })
  return (
    <Card
      title="What changed lately"
      more={
        <Link to="/log" className="text-sm text-accent underline">
          The log
        </Link>
      }
    >
      {items === undefined ? (
        <Loading />
      ) : (
        <ul className="divide-y">
          {items.slice(0, 8).map(({ position, event }) => (
            <li key={position} className="flex justify-between gap-3 py-1.5">
              <span className="truncate">{ruleName(event.type.replace('.', ': ').replaceAll('-', ' '))}</span>
              <span className="text-sm whitespace-nowrap text-muted">
                <Ago at={event.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
