/** The firewall: what was stopped, who is banned and why, and the way to let somebody in. */
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { post } from '../../api/client.ts'
import type { FirewallStatus, SourceDecision, SourceExplanation } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Field } from '../../components/field.tsx'
import { Ago, formatTime, ruleName } from '../../components/format.tsx'
import { Badge, Card, Empty, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useApi, useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

type Asking = { readonly kind: 'undo' | 'ban' | 'allow'; readonly target: string }

export default function Firewall() {
  const { may } = useSession()
  const { search } = useLocation()
  const given = (search as { readonly subject?: unknown }).subject
  const [typed, setTyped] = useState(typeof given === 'string' ? given : '')
  const [subject, setSubject] = useState(typeof given === 'string' ? given : '')
  const [asking, setAsking] = useState<Asking>()
  const status = useApi<FirewallStatus>('/firewall/status', { everyMs: 10_000 })
  const decisions = usePages<SourceDecision>('/firewall/decisions', { all: true, everyMs: 10_000 })
  const change = useChange((run: () => Promise<unknown>) => run(), ['/firewall'])
  if (status.error !== null) return <Failure error={status.error} onRetry={() => void status.refetch()} />
  if (status.data === undefined) return <Loading />
  const { bans, backOffs, allowed, kernel, stopped, lists } = status.data
  const close = (): void => setAsking(undefined)
  return (
    <div className="grid gap-6">
      <PageHead
        title="Firewall"
        lead={`${bans} sources are banned, ${backOffs} accounts take no strangers for a while, ${allowed} are always allowed. Bans in the kernel: ${kernel.state}.`}
      />
      <Card title="Why is somebody stopped?">
        <form
          className="flex flex-wrap items-end gap-2"
          onSubmit={event => {
            event.preventDefault()
            setSubject(typed.trim())
          }}
        >
          <Field
            label="An address, an extension or a user name"
            value={typed}
            onChange={setTyped}
            className="min-w-64 flex-1"
            placeholder="198.51.100.7 or 101"
          />
          <Button type="submit">Explain</Button>
        </form>
        {subject !== '' && <Explained subject={subject} onAsk={setAsking} />}
      </Card>
      <Card title="In force">
        {decisions.items === undefined ? (
          <Loading />
        ) : (
          <Table
            label="Decisions"
            rows={decisions.items}
            keyOf={each => each.id}
            onOpen={each => {
              const name = each.target.replace(/^\w+ /, '')
              setTyped(name)
              setSubject(name)
            }}
            empty={
              <Empty title="Nobody is banned">
                Whoever guesses passwords or scans is banned by itself, longer each time, and stands here.
              </Empty>
            }
            columns={[
              {
                title: 'Who',
                cell: each => <span className="font-mono text-sm">{each.target}</span>,
                width: 'minmax(0,1.2fr)',
              },
              {
                title: 'What',
                cell: each => (
                  <Badge tone={each.action === 'allow' ? 'good' : 'bad'}>
                    {each.mode === 'on' ? each.action : `${each.action}, only tried`}
                  </Badge>
                ),
                width: '9rem',
              },
              {
                title: 'Why',
                cell: each => <span className="text-muted">{`${ruleName(each.rule)}: ${each.reason}`}</span>,
                width: 'minmax(0,2fr)',
              },
              {
                title: 'Until',
                cell: each => (each.expiresAt === null ? 'taken back' : <Ago at={each.expiresAt} />),
                width: '8rem',
              },
            ]}
          />
        )}
      </Card>
      <div className="grid gap-5 lg:grid-cols-2">
        <Card title="What stopped most">
          {stopped.length === 0 ? (
            <Empty title="Nothing yet">Counts by rule stand here.</Empty>
          ) : (
            <ul className="divide-y">
              {stopped.map(each => (
                <li key={each.rule} className="flex justify-between gap-3 py-1.5">
                  <span>{each.rule}</span>
                  <span className="text-muted">
                    {each.lastHour} in the last hour, {each.lastDay} in a day
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card title="Lists of others">
          {lists.length === 0 ? (
            <Empty title="No lists">
              Lists of networks that others keep can be named in the configuration: docs/firewall.md.
            </Empty>
          ) : (
            <ul className="divide-y">
              {lists.map(list => (
                <li key={list.name} className="py-1.5">
                  <span className="font-medium">{list.name}</span>{' '}
                  <Badge tone={list.problem === null ? 'good' : 'bad'}>
                    {list.problem ?? `${list.entries} networks`}
                  </Badge>
                  <p className="text-sm text-muted">
                    {list.readAt === null ? 'not read yet' : `read ${formatTime(list.readAt)}`}
                  </p>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
      {may('firewall:write') && (
        <div className="flex flex-wrap gap-2">
          <Button disabled={typed.trim() === ''} onClick={() => setAsking({ kind: 'allow', target: typed.trim() })}>
            Always allow {typed.trim() === '' ? 'what is typed above' : typed.trim()}
          </Button>
          <Button
            kind="danger"
            disabled={typed.trim() === ''}
            onClick={() => setAsking({ kind: 'ban', target: typed.trim() })}
          >
            Ban {typed.trim() === '' ? 'what is typed above' : typed.trim()}
          </Button>
        </div>
      )}
      {asking?.kind === 'undo' && (
        <Confirm
          title={`Let ${asking.target} in again?`}
          action="Take the ban back"
          needsReason
          onClose={close}
          onConfirm={reason => change.mutateAsync(() => post('/firewall/undo', { target: asking.target, reason }))}
        >
          <p>
            Its messages are looked at again like anybody’s. If it goes on guessing, it is banned again, for longer.
          </p>
        </Confirm>
      )}
      {asking?.kind === 'allow' && (
        <Confirm
          title={`Always allow ${asking.target}?`}
          action="Allow"
          needsReason
          onClose={close}
          onConfirm={reason =>
            change.mutateAsync(() => post('/firewall/allowed', { target: asking.target, minutes: null, reason }))
          }
        >
          <p>No rule bans it from now on. Wrong passwords are still wrong there.</p>
        </Confirm>
      )}
      {asking?.kind === 'ban' && (
        <Confirm
          title={`Ban ${asking.target}?`}
          action="Ban for a day"
          danger
          needsReason
          onClose={close}
          onConfirm={reason =>
            change.mutateAsync(() =>
              post('/firewall/bans', { target: asking.target, minutes: 1_440, reason, evenRegistered: false }),
            )
          }
        >
          <p>Nothing of it is answered for a day. Refused if phones of yours or a trunk are there.</p>
        </Confirm>
      )}
    </div>
  )
}

function Explained({ subject, onAsk }: { readonly subject: string; readonly onAsk: (asking: Asking) => void }) {
  const { may } = useSession()
  const { data, error } = useApi<SourceExplanation>(`/firewall/explain?subject=${encodeURIComponent(subject)}`)
  if (error !== null) return <Failure error={error} />
  if (data === undefined) return <Loading />
  const stopped = data.verdict === 'banned' || data.verdict === 'backing-off' || data.verdict === 'listed'
  return (
    <div className="mt-4 grid gap-3">
      <Notice tone={stopped ? 'bad' : 'good'}>
        {data.because.map(line => (
          <p key={line}>{line}</p>
        ))}
      </Notice>
      {may('firewall:write') && data.undo !== null && (
        <div>
          <Button kind="primary" onClick={() => onAsk({ kind: 'undo', target: subject })}>
            Let it in again
          </Button>
        </div>
      )}
    </div>
  )
}
