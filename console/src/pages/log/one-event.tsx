/** An event with all that it says: each value narrows the question, and leads to its call, its extension and its proof. */
import { Link } from '@tanstack/react-router'
import { Minus, Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LoggedEvent } from '../../api/types.ts'
import { Dialog } from '../../components/dialog.tsx'
import { formatTime } from '../../components/format.tsx'
import { visible } from '../../components/visible.ts'
import { flatten } from './flatten.ts'
import { fieldValue } from './language.ts'

interface OneEventProps {
  readonly logged: LoggedEvent
  readonly onClose: () => void
  readonly onTerm: (field: string, value: string, not: boolean) => void
}

const COMMON = [
  'type',
  'severity',
  'actor',
  'extension',
  'source',
  'client',
  'target',
  'outcome',
  'reason',
  'rule',
  'call',
  'session',
]
const LINK = 'text-accent underline'

export function OneEvent({ logged, onClose, onTerm }: OneEventProps) {
  const { position, event } = logged
  const common = COMMON.map(field => [field, fieldValue(logged, field)] as const).filter(([, value]) => value !== '')
  return (
    <Dialog title={event.type} onClose={onClose} wide>
      <p className="text-muted">
        <time dateTime={new Date(event.at).toISOString()}>
          {formatTime(event.at)} ({new Date(event.at).toISOString()})
        </time>
      </p>
      <Links logged={logged} />
      <div className="grid max-h-[45dvh] gap-4 overflow-y-auto">
        <Fields title="What can be asked for" rows={common} onTerm={onTerm} />
        <Fields
          title="All that it says"
          rows={flatten(event.data).map(({ path, value }) => [`data.${path}`, value] as const)}
          onTerm={onTerm}
        />
      </div>
      <div className="grid gap-1 rounded-lg border p-3 text-sm">
        <p>
          Position <code className="font-mono">{position}</code> of the log, id{' '}
          <code className="font-mono break-all">{event.id}</code>.
        </p>
        <p className="text-muted">
          Its hash is a link of the chain that the machine signs every minute. On the machine,{' '}
          <code className="font-mono">ringfence events verify</code> checks that nothing was changed, left out or put
          in, and <code className="font-mono">ringfence events export</code> writes hash and statements for whoever
          checks it elsewhere.
        </p>
      </div>
    </Dialog>
  )
}

function Links({ logged }: { readonly logged: LoggedEvent }) {
  const call = fieldValue(logged, 'call')
  const extension = fieldValue(logged, 'extension')
  const actor = fieldValue(logged, 'actor')
  const links: readonly ReactNode[] = [
    call !== '' && (
      <Link key="call" to="/calls/$id" params={{ id: call }} className={LINK}>
        Its call
      </Link>
    ),
    /^\d{1,10}$/.test(extension) && (
      <Link key="extension" to="/extensions/$number" params={{ number: extension }} className={LINK}>
        Extension {extension}
      </Link>
    ),
    actor !== '' && (
      <Link key="person" to="/people" className={LINK}>
        People
      </Link>
    ),
  ].filter(link => link !== false)
  return links.length === 0 ? null : <p className="flex flex-wrap gap-4">{links}</p>
}

interface FieldsProps {
  readonly title: string
  readonly rows: readonly (readonly [field: string, value: string])[]
  readonly onTerm: OneEventProps['onTerm']
}

function Fields({ title, rows, onTerm }: FieldsProps) {
  if (rows.length === 0) return null
  return (
    <section className="grid gap-1">
      <h3 className="text-sm font-medium">{title}</h3>
      <ul className="grid">
        {rows.map(([field, value], index) => (
          <li
            key={`${field} ${index}`}
            className="grid grid-cols-[minmax(0,12rem)_minmax(0,1fr)_auto] items-start gap-3 border-b py-1 last:border-b-0 max-md:grid-cols-[minmax(0,1fr)_auto]"
          >
            <span className="font-mono text-sm break-all text-muted max-md:col-span-2">{visible(field)}</span>
            <bdi className="min-w-0 break-words whitespace-pre-wrap">{visible(value)}</bdi>
            {value !== '' && value.length <= 500 && (
              <span className="flex gap-1">
                <Small label={`Only ${field} ${visible(value)}`} onClick={() => onTerm(field, value, false)}>
                  <Plus size={14} aria-hidden />
                </Small>
                <Small label={`Without ${field} ${visible(value)}`} onClick={() => onTerm(field, value, true)}>
                  <Minus size={14} aria-hidden />
                </Small>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Small(props: { readonly label: string; readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button
      type="button"
      aria-label={props.label}
      title={props.label.slice(0, 200)}
      className="rounded border p-1 text-accent hover:bg-accent-soft"
      onClick={props.onClick}
    >
      {props.children}
    </button>
  )
}
