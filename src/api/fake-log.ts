/** The operations on the log itself, faked: an empty log. */
import type { LoggedEvent } from '../events/event-log.ts'
import type { LogOperations } from './log-operations.ts'
import type { OperationResult } from './operations.ts'

export function fakeLogOperations(
  log: () => readonly LoggedEvent[],
  note: (name: string, input: unknown) => void,
): LogOperations {
  const done = <T>(value: T): OperationResult<T> => ({ ok: true, value })
  return {
    async eventsSearch(input) {
      note('eventsSearch', input)
      const events = log().slice(-input.limit).toReversed()
      return done({ events, next: null, partial: false })
    },
    async eventsCount(input) {
      note('eventsCount', input)
      const groups = [{ values: ['call.ended'], at: null, count: log().length }]
      return done({ by: ['type'], groups, total: log().length, partial: false })
    },
    eventsSign: async () => done({ publicKey: '' }),
    eventsProof: async () => done([]),
    eventsStatements: async () => done([]),
    eventsStatistics: async () => done({ events: 0, lastPosition: 0, classes: [], checkpoint: undefined, unsigned: 0 }),
    async eventsForget(input) {
      note('eventsForget', input)
      return done({ keys: 1 })
    },
  }
}
