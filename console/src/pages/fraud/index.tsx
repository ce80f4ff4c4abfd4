/** Toll fraud: what waits for a decision, what was decided and why, how much money may go, and by which rules. */
import { useState } from 'react'
import { pathOf, post } from '../../api/client.ts'
import type { Approval, FraudDecision, FraudStatus } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Choice } from '../../components/field.tsx'
import { Ago, formatMoney, ruleName } from '../../components/format.tsx'
import { Badge, Card, Empty, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useApi, useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { Budgets } from './budgets.tsx'
import { DecisionDialog } from './decision.tsx'
import { DeckCard } from './deck.tsx'
import { Rules } from './rules.tsx'

export default function Fraud() {
  const { may } = useSession()
  const status = useApi<FraudStatus>('/fraud/status', { everyMs: 10_000 })
  if (status.error !== null) return <Failure error={status.error} onRetry={() => void status.refetch()} />
  if (status.data === undefined) return <Loading />
  const { currency, stoppedToday, preventedToday, officeOpen } = status.data
  return (
    <div className="grid gap-6">
      <PageHead
        title="Fraud"
        lead={`Money is reserved before it is spent: no cap is ever exceeded. Today ${stoppedToday} calls were stopped${preventedToday === null ? '' : `; an hour of each would have cost about ${formatMoney(preventedToday, currency)} (an estimate)`}. The office is ${officeOpen ? 'open' : 'closed: stricter rules count'}.`}
      />
      <Waiting />
      <Decisions />
      <Budgets />
      {may('fraud:read') && <Rules />}
      <DeckCard deck={status.data.deck} currency={currency} />
    </div>
  )
}

const SPANS = [
  { value: '3600', label: 'for an hour' },
  { value: '86400', label: 'for a day' },
  { value: '2592000', label: 'for 30 days' },
  { value: '31536000', label: 'for a year' },
]

function Waiting() {
  const { may } = useSession()
  const { items } = usePages<Approval>('/fraud/approvals', { everyMs: 10_000 })
  const [seconds, setSeconds] = useState('86400')
  const [asking, setAsking] = useState<Approval>()
  const change = useChange((run: () => Promise<unknown>) => run(), ['/fraud'])
  if (items === undefined || items.length === 0) return null
  return (
    <Card title="Waits for your yes or no">
      <ul className="divide-y">
        {items.map(each => (
          <li key={each.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
            <div className="min-w-0">
              <p className="font-medium">
                Extension {each.payer}: {each.kind} {each.value}
              </p>
              <p className="text-sm text-muted">
                {each.reason} (<Ago at={each.at} />)
              </p>
            </div>
            {may('fraud:decide') && (
              <span className="flex gap-2">
                <Button small kind="primary" onClick={() => setAsking(each)}>
                  Allow
                </Button>
                <Button small onClick={() => change.mutate(() => post(pathOf`/fraud/approvals/${each.id}/deny`))}>
                  Refuse
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {change.error !== null && <Failure error={change.error} />}
      {asking !== undefined && (
        <Confirm
          title={`Allow ${asking.kind} ${asking.value} for ${asking.payer}?`}
          action="Allow"
          onClose={() => setAsking(undefined)}
          onConfirm={() =>
            change.mutateAsync(() => post(pathOf`/fraud/approvals/${asking.id}/approve`, { seconds: Number(seconds) }))
          }
        >
          <p>Such calls of this extension then go through; caps and all other rules still count.</p>
          <Choice label="How long" value={seconds} onChange={setSeconds} options={SPANS} />
        </Confirm>
      )}
    </Card>
  )
}

function Decisions() {
  const [all, setAll] = useState(false)
  const [open, setOpen] = useState<FraudDecision>()
  const { items: data } = usePages<FraudDecision>(`/fraud/decisions?all=${all}`, { everyMs: 10_000 })
  return (
    <Card
      title={all ? 'Decisions' : 'Decisions in force'}
      more={
        <Button small aria-pressed={all} onClick={() => setAll(!all)}>
          {all ? 'Only those in force' : 'Also what is over'}
        </Button>
      }
    >
      {data === undefined ? (
        <Loading />
      ) : (
        <Table
          label="Decisions"
          rows={data}
          keyOf={each => each.id}
          onOpen={setOpen}
          empty={
            <Empty title="Nothing is held">
              When a rule stops a call or suspends an extension, it stands here with what it rests on, and one click
              takes it back.
            </Empty>
          }
          columns={[
            { title: 'When', cell: each => <Ago at={each.at} />, width: '8rem' },
            { title: 'Who', cell: each => <span className="font-medium">{each.payer}</span>, width: '7rem' },
            { title: 'Rule', cell: each => ruleName(each.rule), width: '11rem' },
            { title: 'Why', cell: each => <span className="text-muted">{each.reason}</span>, width: 'minmax(0,2fr)' },
            {
              title: 'Done',
              cell: each => (
                <Badge tone={each.state === 'in-force' ? 'bad' : 'neutral'}>
                  {each.state === 'in-force' ? each.response : each.state}
                </Badge>
              ),
              width: '8rem',
            },
          ]}
        />
      )}
      {open !== undefined && <DecisionDialog decision={open} onClose={() => setOpen(undefined)} />}
    </Card>
  )
}
