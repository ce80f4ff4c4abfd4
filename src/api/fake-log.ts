/** The operations on the log itself, faked: an empty log. */
import type { LogOperations } from './log-operations.ts'
import type { OperationResult } from './operations.ts'

export function fakeLogOperations(note: (name: string, input: unknown) => void): LogOperations {
  const done = <T>(value: T): OperationResult<T> => ({ ok: true, value })
  return {
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
