/** The operations on the signalling of calls. */
import type { CallMessage, CallMessages, TraceOperations } from '../api/trace-operations.ts'
import type { TraceChunk } from '../trace/types.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, refused } from './operations-result.ts'

export function traceOperations(options: OperationsOptions): TraceOperations {
  return {
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
