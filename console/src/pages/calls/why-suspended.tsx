/** Of a call that was refused because its extension is suspended: since when, and why that is. */
import { Link } from '@tanstack/react-router'
import type { Page } from '../../api/client.ts'
import type { LoggedEvent, PastCall } from '../../api/types.ts'
import { formatTime } from '../../components/format.tsx'
import { visible } from '../../components/visible.ts'
import { useApi } from '../../hooks/use-api.ts'

const RULE = 'CALL_EXTENSION_SUSPENDED'

export function WhySuspended(props: { readonly call: PastCall; readonly events: readonly LoggedEvent[] }) {
  const { call, events } = props
  const isRefused = events.some(({ event }) => event.type === 'call.refused' && event.data['rule'] === RULE)
  const number = /^\d{1,10}$/.test(call.from) ? call.from : undefined
  const q = `type:directory.extension-suspended extension:${number} until ${new Date(call.startedAt).toISOString()}`
  const { data } = useApi<Page<LoggedEvent>>(`/events/query?limit=1&q=${encodeURIComponent(q)}`, {
    enabled: isRefused && number !== undefined,
  })
  if (!isRefused || number === undefined) return null
  const suspended = data?.items[0]?.event
  const reason = suspended?.data['reason']
  return (
    <li className="break-words">
      <Link to="/extensions/$number" params={{ number }} className="text-accent underline">
        Extension {number}
      </Link>{' '}
      was suspended
      {suspended !== undefined && ` ${formatTime(suspended.at)}`}
      {typeof reason === 'string' && <bdi>: {visible(reason)}</bdi>}
    </li>
  )
}
