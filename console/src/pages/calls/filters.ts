/** Which calls are asked for, as it stands in the page's address. */
import type { PastCall } from '../../api/types.ts'
import { causeText, protectionOf } from './call-text.ts'

export const OUTCOMES = [
  { value: '', label: 'Any outcome' },
  { value: 'answered', label: 'Answered' },
  { value: 'missed', label: 'Not answered' },
  { value: 'refused', label: 'Refused' },
  { value: 'broken', label: 'Broke down' },
] as const

export const DIRECTIONS = [
  { value: '', label: 'Any direction' },
  { value: 'inside', label: 'Inside' },
  { value: 'in', label: 'From outside' },
  { value: 'out', label: 'To outside' },
] as const

export const PROTECTIONS = [
  { value: '', label: 'Encrypted or not' },
  { value: 'encrypted', label: 'Encrypted' },
  { value: 'plain', label: 'Not encrypted' },
] as const

export interface CallFilter {
  /** A part of a number, or of how it ended. */
  readonly text: string
  readonly outcome: string
  readonly direction: string
  readonly trunk: string
  readonly protection: string
  /** Milliseconds; calls that began then or later. */
  readonly from: number | undefined
  /** Milliseconds; calls that began before. */
  readonly until: number | undefined
}

/** `get` reads the page's address. Days are those of the browser. */
export function readFilter(get: (name: string) => string): CallFilter {
  const last = dayOf(get('to'))
  return {
    text: get('q').trim().toLowerCase(),
    outcome: get('outcome'),
    direction: get('direction'),
    trunk: get('trunk'),
    protection: get('protection'),
    from: dayOf(get('from'))?.getTime(),
    until: last === undefined ? undefined : new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1).getTime(),
  }
}

function dayOf(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const day = new Date(`${text}T00:00`)
  return Number.isNaN(day.getTime()) ? undefined : day
}

export function isWanted(call: PastCall, filter: CallFilter): boolean {
  const { text, outcome, direction, trunk, protection, from, until } = filter
  if (from !== undefined && call.startedAt < from) return false
  if (until !== undefined && call.startedAt >= until) return false
  if (outcome !== '' && outcomeOf(call) !== outcome) return false
  if (direction !== '' && directionOf(call) !== direction) return false
  if (trunk !== '' && !call.legs.some(leg => leg.trunk === trunk)) return false
  if (protection !== '' && (protectionOf(call) === 'encrypted') !== (protection === 'encrypted')) return false
  const numbers = call.legs.map(leg => leg.number).join(' ')
  return text === '' || `${call.from} ${call.to} ${numbers} ${causeText(call)}`.toLowerCase().includes(text)
}

const REFUSED = new Set(['not-admitted', 'media-refused', 'unknown-destination', 'loop', 'overload'])
const MISSED = new Set([
  'cancelled',
  'busy',
  'declined',
  'no-answer',
  'unreachable',
  'normal',
  'replaced',
  'transferred',
])

export function outcomeOf({ answeredAt, end }: PastCall): 'answered' | 'missed' | 'refused' | 'broken' | 'up' {
  if (end === undefined) return answeredAt === undefined ? 'up' : 'answered'
  if (REFUSED.has(end.cause)) return 'refused'
  if (MISSED.has(end.cause)) return answeredAt === undefined ? 'missed' : 'answered'
  return 'broken'
}

export function directionOf({ legs }: PastCall): 'inside' | 'in' | 'out' {
  const outside = legs.find(leg => leg.trunk !== undefined)
  return outside === undefined ? 'inside' : outside.direction
}

/** The first moment of last month, and of this one. */
export function lastMonth(now: number): { readonly from: number; readonly until: number } {
  const today = new Date(now)
  return {
    from: new Date(today.getFullYear(), today.getMonth() - 1, 1).getTime(),
    until: new Date(today.getFullYear(), today.getMonth(), 1).getTime(),
  }
}
