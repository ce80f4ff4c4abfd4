/** Where the log goes, and whether it arrives. Destinations are named at the machine only: whoever names one reads everything. */
import { useState } from 'react'
import { post } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { formatTime } from '../../components/format.tsx'
import { Badge, Card, Failure, Loading } from '../../components/parts.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

interface ExportView {
  readonly name: string
  readonly destination: string
  readonly form: string
  readonly filter: string
  readonly organisation: string | null
  readonly weakened: readonly string[]
  readonly state: 'sending' | 'failing' | 'stopped'
  readonly behind: number | null
  readonly delivered: number
  readonly refused: number
  readonly lost: number
  readonly lastSuccessAt: number | null
  readonly lastError: string | null
}

const EVERY_MS = 10_000

export function Exports() {
  const { data, error, refetch } = useApi<{ readonly items: readonly ExportView[] }>('/exports', { everyMs: EVERY_MS })
  return (
    <Card title="Where the log goes">
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.items.length === 0 && (
        <p className="text-muted">
          Nowhere but this machine. Whoever takes the machine takes its log, too: name a second place for it, at the
          machine itself, with <code className="font-mono text-xs">ringfence export add</code>.
        </p>
      )}
      <ul className="divide-y">
        {data?.items.map(each => (
          <Destination key={each.name} of={each} />
        ))}
      </ul>
    </Card>
  )
}

function Destination({ of }: { readonly of: ExportView }) {
  const { may } = useSession()
  const [told, setTold] = useState<{ readonly ok: boolean; readonly detail: string }>()
  const test = useChange(
    () =>
      post<{ readonly ok: boolean; readonly detail: string }>(`/exports/${encodeURIComponent(of.name)}/test`).then(
        setTold,
      ),
    ['/exports'],
  )
  return (
    <li className="py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex min-w-0 flex-wrap items-center gap-2">
          <span className="font-medium">{of.name}</span>
          <Badge tone={of.state === 'sending' ? 'good' : of.state === 'failing' ? 'bad' : 'warn'}>{of.state}</Badge>
          {of.weakened.length > 0 && <Badge tone="bad">not encrypted</Badge>}
        </p>
        {may('alerts:write') && (
          <Button
            small
            busy={test.isPending}
            onClick={() => test.mutate(undefined)}
            aria-label={`Send a test to ${of.name}`}
          >
            Send a test
          </Button>
        )}
      </div>
      <p className="text-sm break-words text-muted">
        {of.destination}, {of.form}
        {of.organisation !== null && `, of ${of.organisation}`}
        {of.filter !== '' && `, only ${of.filter}`}
      </p>
      <p className="text-sm text-muted">{progressOf(of)}</p>
      {of.lastError !== null && of.state === 'failing' && (
        <p className="text-sm break-words text-bad">{of.lastError}</p>
      )}
      <p role="status" className="text-sm">
        {told !== undefined && (told.ok ? 'The test arrived.' : `The test did not arrive: ${told.detail}`)}
      </p>
      {test.error !== null && <Failure error={test.error} />}
    </li>
  )
}

const COUNT = new Intl.NumberFormat()

function progressOf({ delivered, behind, refused, lost, lastSuccessAt }: ExportView): string {
  const parts = [
    `${COUNT.format(delivered)} ${delivered === 1 ? 'event' : 'events'} delivered`,
    ...(behind === null || behind === 0 ? [] : [`${COUNT.format(behind)} wait`]),
    ...(refused === 0 ? [] : [`${COUNT.format(refused)} not taken there`]),
    ...(lost === 0 ? [] : [`${COUNT.format(lost)} too old before they could be sent`]),
    lastSuccessAt === null ? 'nothing has arrived yet' : `the last ${formatTime(lastSuccessAt)}`,
  ]
  return parts.join(', ')
}
