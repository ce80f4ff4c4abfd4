/** What people were told of: what is open stands first, with the way to say that one sees to it. */
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { pathOf, post } from '../../api/client.ts'
import type { AlertView } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Ago, formatTime } from '../../components/format.tsx'
import { Badge, Card, Empty, Facts, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { visible } from '../../components/visible.ts'
import { useApi, useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

export default function Alerts() {
  const [all, setAll] = useState(false)
  const [open, setOpen] = useState<string>()
  const { items, error, refetch, hasNextPage, fetchNextPage } = usePages<AlertView>(`/alerts?all=${all}`, {
    everyMs: 10_000,
  })
  useEffect(() => {
    // A message leads here with the alert behind `#`.
    const id = location.hash.slice(1)
    if (id !== '') setOpen(id)
  }, [])
  return (
    <div className="grid gap-5">
      <PageHead
        title="Alerts"
        lead="What people were told of by mail, webhook and chat. Whoever says “I see to it” keeps others from being told."
      >
        <Button small aria-pressed={all} onClick={() => setAll(!all)}>
          {all ? 'Only what is open' : 'All of them'}
        </Button>
      </PageHead>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {items === undefined ? (
        error === null && <Loading />
      ) : (
        <Card>
          <Table
            label="Alerts"
            rows={items}
            keyOf={each => each.id}
            columns={[
              { title: 'When', cell: each => <Ago at={each.at} />, width: '8rem' },
              { title: 'What', cell: each => <bdi>{visible(each.title)}</bdi> },
              { title: 'State', cell: each => <State alert={each} />, width: '11rem' },
            ]}
            onOpen={each => setOpen(each.id)}
            empty={
              <Empty title={all ? 'Nobody was told of anything yet' : 'There is nothing to see to'}>
                {all ? (
                  <>
                    Suspended extensions, calls for help and what detections find will stand here. Try whether messages
                    arrive in the{' '}
                    <Link to="/settings" className="text-accent underline">
                      settings
                    </Link>
                    .
                  </>
                ) : (
                  'What somebody saw to stands under “All of them”.'
                )}
              </Empty>
            }
            more={hasNextPage ? <Button onClick={() => void fetchNextPage()}>Older ones</Button> : undefined}
          />
        </Card>
      )}
      {open !== undefined && <OneAlert id={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function State({ alert: { state, urgency, escalatedAt } }: { readonly alert: AlertView }) {
  if (state === 'open')
    return (
      <Badge tone={urgency === 'critical' ? 'bad' : 'warn'}>
        {escalatedAt === null ? 'open' : 'open, others were told'}
      </Badge>
    )
  const words = { acknowledged: 'somebody sees to it', decided: 'decided', told: 'for your information' } as const
  return <Badge tone={state === 'told' ? 'neutral' : 'good'}>{words[state]}</Badge>
}

function OneAlert({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { may } = useSession()
  const { data, error } = useApi<AlertView>(pathOf`/alerts/${id}`, { everyMs: 5_000 })
  const [comment, setComment] = useState('')
  const change = useChange(
    () => post(pathOf`/alerts/${id}/acknowledge`, comment === '' ? {} : { comment }),
    ['/alerts'],
  )
  if (data === undefined)
    return (
      <Dialog title="Alert" onClose={onClose}>
        {error === null ? <Loading /> : <Failure error={error} />}
      </Dialog>
    )
  const call = data.details['call']
  return (
    <Dialog title={visible(data.title)} onClose={onClose} wide>
      <p>
        <bdi>{visible(data.happened)}</bdi>
      </p>
      <Facts
        items={[
          ['When', formatTime(data.at)],
          ['Who', <bdi key="who">{visible(data.who)}</bdi>],
          ['Done', data.done],
          ...(data.advice === null ? [] : [['What you can do', visible(data.advice)] as const]),
          ['Told by', data.sent.length === 0 ? 'nobody was told: no channel took it' : data.sent.join(', ')],
          ...(data.escalatedAt === null ? [] : [['Others were told', formatTime(data.escalatedAt)] as const]),
          ...(data.answeredBy === null || data.answeredAt === null
            ? []
            : [['Seen to', `${visible(data.answeredBy)}, ${formatTime(data.answeredAt)}`] as const]),
          ...(data.comment === null ? [] : [['Comment', <bdi key="c">{visible(data.comment)}</bdi>] as const]),
          ...Object.entries(data.details)
            .filter(([name]) => name !== 'call')
            .map(([name, value]) => [visible(name), <bdi key={name}>{visible(value)}</bdi>] as const),
        ]}
      />
      <p className="flex flex-wrap gap-4">
        {call !== undefined && (
          <Link to="/calls/$id" params={{ id: call }} className="text-accent underline">
            See the call
          </Link>
        )}
        <Link to="/log" search={{ q: `type:${data.type}` } as never} className="text-accent underline">
          In the log
        </Link>
      </p>
      {change.error !== null && <Failure error={change.error} />}
      {data.state === 'open' && may('fraud:decide') && (
        <form
          className="grid gap-3"
          onSubmit={event => {
            event.preventDefault()
            change.mutate(undefined, { onSuccess: onClose })
          }}
        >
          <Field label="Comment (optional)" value={comment} onChange={setComment} maxLength={500} />
          <div className="flex justify-end">
            <Button kind="primary" type="submit" busy={change.isPending}>
              I see to it
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
