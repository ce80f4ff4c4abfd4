/** An event in one line: who, what to whom, from where, why. Text from the network stays text. */
import type { LoggedEvent } from '../../api/types.ts'

type Data = LoggedEvent['event']['data']

const SKIPPED = new Set([
  'actor',
  'source',
  'callId',
  'evidence',
  'caller',
  'callee',
  'callerQuality',
  'calleeQuality',
  'decision',
  'title',
])

export function eventText({ data }: LoggedEvent['event']): string {
  const parts = [...titled(data), ...named(data), ...heard(data), ...rest(data)]
  const who = actorOf(data)
  return `${parts.join(', ')}${who === undefined ? '' : ` – by ${who}`}`
}

export function actorOf(data: Data): string | undefined {
  const actor = data['actor'] as { readonly name?: string; readonly address?: string } | undefined
  if (actor?.name === undefined) return undefined
  return actor.address === undefined ? actor.name : `${actor.name} from ${actor.address}`
}

function titled(data: Data): readonly string[] {
  return typeof data['title'] === 'string' ? [data['title']] : []
}

/** What both sides of a call sound like. */
function heard(data: Data): readonly string[] {
  const sides = ['caller', 'callee'].flatMap(side => {
    const { mos, lost } = (data[side] ?? {}) as { readonly mos?: number; readonly lost?: number }
    return typeof mos === 'number' ? [`${side} MOS ${mos.toFixed(1)}, ${lost ?? 0} lost`] : []
  })
  return sides
}

function named(data: Data): readonly string[] {
  const source = data['source'] as { readonly address?: string; readonly protocol?: string } | undefined
  const from =
    source?.address === undefined
      ? []
      : [`from ${source.address}${source.protocol === undefined ? '' : ` (${source.protocol})`}`]
  const changed = data['changed'] as
    | readonly { readonly field: string; readonly before: string; readonly after: string }[]
    | undefined
  const changes = Array.isArray(changed) ? changed.map(each => `${each.field}: ${each.before} → ${each.after}`) : []
  return [...from, ...changes]
}

function rest(data: Data): readonly string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    if (SKIPPED.has(name) || name === 'changed' || value === null || value === undefined) return []
    if (Array.isArray(value)) return value.length === 0 ? [] : [`${name} ${value.slice(0, 10).join(' ')}`]
    return typeof value === 'object' ? [] : [`${name} ${String(value).slice(0, 200)}`]
  })
}
