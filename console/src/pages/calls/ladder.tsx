/** The SIP messages of a call as a ladder: a lane for each side and one for us, an arrow for each message that opens it. */
import { useState } from 'react'
import type { CallMessage, CallMessages } from '../../api/types.ts'
import { pathOf } from '../../api/client.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Empty, Failure, Loading } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useApi } from '../../hooks/use-api.ts'
import { type Arrow, arrowsOf, type Lane, labelOf, lanesOf } from './ladder-lanes.ts'

const MAXIMUM_ARROWS = 400
const COLOURS: Readonly<Record<Arrow['kind'], string>> = {
  request: 'text-accent',
  good: 'text-good',
  bad: 'text-bad',
  other: 'text-muted',
}

export function Ladder({ id }: { readonly id: string }) {
  const { data, error, refetch } = useApi<CallMessages>(pathOf`/calls/${id}/messages`)
  const [open, setOpen] = useState<CallMessage>()
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Loading what="Reading the messages" />
  if (data.messages.length === 0) {
    return <Empty title="No messages are kept">They are kept for a while only, and a moment after they passed.</Empty>
  }
  const lanes = lanesOf(data)
  const arrows = arrowsOf(data, lanes)
  const began = data.messages[0]!.at
  const hidden = data.messages.length - Math.min(arrows.length, MAXIMUM_ARROWS)
  return (
    <div className="grid gap-2">
      <div className="overflow-x-auto">
        <div style={{ minWidth: `${lanes.length * 6 + 4}rem` }}>
          <Heads lanes={lanes} />
          <ol aria-label="Messages, in order">
            {arrows.slice(0, MAXIMUM_ARROWS).map((arrow, index) => (
              <li key={`${arrow.message.at} ${index}`}>
                <Step arrow={arrow} lanes={lanes} began={began} onOpen={() => setOpen(arrow.message)} />
              </li>
            ))}
          </ol>
        </div>
      </div>
      <p className="text-sm text-muted">
        Without passwords, keys and what else is secret. Times are seconds since the first message.
        {hidden > 0 && ` ${hidden} more are not drawn.`}
      </p>
      {open !== undefined && <OneMessage message={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function Heads({ lanes }: { readonly lanes: readonly Lane[] }) {
  return (
    <div className="flex border-b pb-1">
      <span className="w-14 shrink-0 text-xs text-muted">Time</span>
      <div className="grid flex-1" style={{ gridTemplateColumns: `repeat(${lanes.length}, minmax(0, 1fr))` }}>
        {lanes.map(({ leg, name, remark }) => (
          <div key={leg ?? 'us'} className="min-w-0 px-1 text-center">
            <bdi className="block truncate font-medium" title={visible(name)}>
              {visible(name)}
            </bdi>
            <span className="block truncate text-xs text-muted">{visible(remark)}</span>
          </div>
        ))}
      </div>
    </div>
  )
}

interface StepProps {
  readonly arrow: Arrow
  readonly lanes: readonly Lane[]
  readonly began: number
  readonly onOpen: () => void
}

function Step({ arrow: { message, from, to, kind }, lanes, began, onOpen }: StepProps) {
  const centre = (lane: number): number => ((lane + 0.5) / lanes.length) * 100
  const [left, right] = [Math.min(centre(from), centre(to)), Math.max(centre(from), centre(to))]
  const seconds = ((message.at - began) / 1_000).toFixed(3)
  const name = (lane: number): string => visible(lanes[lane]?.name ?? '')
  const goesRight = to > from
  return (
    <button type="button" className="flex w-full items-stretch text-left hover:bg-accent-soft" onClick={onOpen}>
      <span className="w-14 shrink-0 self-center text-xs tabular-nums text-muted">{seconds}</span>{' '}
      <span className="relative h-10 flex-1">
        {lanes.map((lane, index) => (
          <span
            key={lane.leg ?? 'us'}
            className="absolute inset-y-0 border-l border-dashed"
            style={{ left: `${centre(index)}%` }}
          />
        ))}
        <span className={`absolute inset-y-0 ${COLOURS[kind]}`} style={{ left: `${left}%`, width: `${right - left}%` }}>
          <span className="absolute inset-x-1 top-1 truncate text-center text-xs font-medium">
            {visible(labelOf(message.line))}
          </span>
          <span className="absolute inset-x-0 top-7 border-t-2 border-current" />
          <svg
            width="8"
            height="10"
            viewBox="0 0 8 10"
            aria-hidden="true"
            className={`absolute top-[calc(1.75rem-4px)] fill-current ${goesRight ? 'right-0' : 'left-0 rotate-180'}`}
          >
            <path d="M0 0 L8 5 L0 10 Z" />
          </svg>
        </span>
      </span>
      <span className="sr-only">
        , {name(from)} to {name(to)}
      </span>
    </button>
  )
}

function OneMessage({ message, onClose }: { readonly message: CallMessage; readonly onClose: () => void }) {
  const { direction, remote, local, protocol, at, text, line } = message
  const them = `${remote.address} port ${remote.port}`
  const us = `us (${local.address} port ${local.port})`
  return (
    <Dialog title={visible(labelOf(line))} onClose={onClose} wide>
      <p className="text-muted">
        {new Date(at).toISOString()}, {protocol}, from {direction === 'in' ? them : us} to{' '}
        {direction === 'in' ? us : them}
      </p>
      <pre
        className="max-h-[60dvh] overflow-auto rounded-lg border p-3 font-mono text-sm break-all whitespace-pre-wrap"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
      >
        {visible(text.replaceAll('\r\n', '\n'))}
      </pre>
    </Dialog>
  )
}
