/** The operations on the signalling of calls. */
import type { CallMessage, CallMessages, CallQuality, MeasuredSide, TraceOperations } from '../api/trace-operations.ts'
import type { EventQuality } from '../events/call-events.ts'
import type { TraceChunk } from '../trace/types.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, refused } from './operations-result.ts'

/** Of one call: the newest ones. */
const MAXIMUM_POINTS = 5_000

export function traceOperations(options: OperationsOptions): TraceOperations {
  return {
    async callQuality({ id }) {
      const known = await attempt(() => isKnown(options, id))
      if (!known.ok) return known
      if (!known.value) return refused({ code: 'CALL_UNKNOWN', message: 'there is no such call' })
      return await attempt(() => qualityOf(options, id))
    },
    async callMessages({ id }) {
      const known = await attempt(() => isKnown(options, id))
      if (!known.ok) return known
      if (!known.value) return refused({ code: 'CALL_UNKNOWN', message: 'there is no such call' })
      return await attempt(async () => inOrder((await options.traces?.messages(id)) ?? []))
    },
  }
}

/** Both are of this organisation alone. */
async function isKnown({ calls, live }: OperationsOptions, id: string): Promise<boolean> {
  if (live?.liveCalls().some(each => each.id === id) === true) return true
  return (await calls.find(id)) !== undefined
}

function inOrder(chunks: readonly TraceChunk[]): CallMessages {
  const legs = new Map<string, CallMessages['legs'][number]>()
  const messages: CallMessage[] = []
  for (const { leg, messages: some } of chunks) {
    const { legId: id, direction, number } = leg
    legs.set(id, legs.get(id) ?? { id, direction, number })
    for (const each of some) {
      const line = each.text.slice(0, each.text.search(/[\r\n]|$/))
      const { at, protocol, local, remote, text } = each
      messages.push({ at, leg: id, direction: each.direction, protocol, local, remote, line, text })
    }
  }
  return { legs: [...legs.values()], messages: messages.toSorted((a, b) => a.at - b.at) }
}

async function qualityOf({ search, clock }: OperationsOptions, id: string): Promise<CallQuality> {
  const compare = (field: string, value: string) =>
    ({ kind: 'compare', field, comparison: '=', values: [value] }) as const
  const filter = { kind: 'all', of: [compare('call', id), compare('type', 'call.quality')] } as const
  const query = { filter, since: undefined, until: undefined, counting: undefined }
  const { events } = await search.search(query, { limit: MAXIMUM_POINTS, now: clock.now() })
  const points = events.toReversed().flatMap(({ event }) => {
    if (event.type !== 'call.quality') return []
    const { caller, callee } = event.data
    return [{ at: event.at, caller: measured(caller), callee: measured(callee) }]
  })
  return { points }
}

function measured({ packets, lost, jitterMs, roundTripMs, mos }: EventQuality): MeasuredSide {
  return { packets, lost, jitterMs, roundTripMs: roundTripMs ?? null, mos: mos ?? null }
}
