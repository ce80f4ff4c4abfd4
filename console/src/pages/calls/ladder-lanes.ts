/** Lanes of the message ladder: who called, Ringfence, and whom it called; and between which two each message went. */
import type { CallMessage, CallMessages } from '../../api/types.ts'

export interface Lane {
  /** Id of the leg; none: it is us. */
  readonly leg: string | undefined
  readonly name: string
  readonly remark: string
}

export interface Arrow {
  readonly message: CallMessage
  readonly from: number
  readonly to: number
  readonly kind: 'request' | 'good' | 'bad' | 'other'
}

/** A group or a hunt may ring dozens: more than these are no picture any more. */
export const MAXIMUM_LANES = 8

export function lanesOf({ legs, messages }: CallMessages): readonly Lane[] {
  const lane = ({ id, number, direction }: CallMessages['legs'][number]): Lane => {
    const first = messages.find(each => each.leg === id)
    const where = first === undefined ? '' : `${first.remote.address} ${first.protocol}`
    return { leg: id, name: number === '' ? (direction === 'in' ? 'caller' : 'called') : number, remark: where }
  }
  const callers = legs.filter(each => each.direction === 'in').map(lane)
  const called = legs.filter(each => each.direction === 'out').map(lane)
  return [...callers, { leg: undefined, name: 'Ringfence', remark: '' }, ...called].slice(0, MAXIMUM_LANES)
}

export function arrowsOf({ messages }: CallMessages, lanes: readonly Lane[]): readonly Arrow[] {
  const us = lanes.findIndex(lane => lane.leg === undefined)
  return messages.flatMap(message => {
    const other = lanes.findIndex(lane => lane.leg === message.leg)
    if (other < 0 || us < 0) return []
    const [from, to] = message.direction === 'in' ? [other, us] : [us, other]
    return [{ message, from, to, kind: kindOf(message.line) }]
  })
}

function kindOf(line: string): Arrow['kind'] {
  const code = Number(/^SIP\/2\.0 (\d{3})/i.exec(line)?.[1] ?? 0)
  if (code === 0) return 'request'
  return code < 200 ? 'other' : code < 400 ? 'good' : 'bad'
}

/** What an arrow is called: the method, or the answer. */
export function labelOf(line: string): string {
  const answer = /^SIP\/2\.0 (.*)$/i.exec(line)
  return (answer?.[1] ?? line.split(' ')[0] ?? line).slice(0, 80)
}
