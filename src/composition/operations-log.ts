/** The operations on the log itself. Of one organisation alone they are not: its chain is that of the whole machine. */
import type { LogOperations } from '../api/log-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { ErasureSubject } from '../events/chain/event-archive.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, needsServer, refused } from './operations-result.ts'

export function logOperations(options: OperationsOptions): LogOperations {
  const { archive } = options
  const needsMachine = async <T>(): Promise<OperationResult<T>> => needsServer<T>('the whole log')
  if (archive === undefined) {
    return {
      eventsSign: needsMachine,
      eventsProof: needsMachine,
      eventsStatements: needsMachine,
      eventsStatistics: needsMachine,
      eventsForget: needsMachine,
    }
  }
  return {
    eventsSign: () =>
      attempt(async () => {
        await archive.checkpoint()
        return { publicKey: archive.publicKey }
      }),
    eventsProof: ({ after, limit }) => attempt(() => archive.proven(after, limit)),
    eventsStatements: ({ after, limit }) => attempt(() => archive.statements(after, limit)),
    eventsStatistics: () => attempt(() => archive.statistics()),
    async eventsForget({ kind, value, reason }) {
      const subject = subjectOf(options, kind, value)
      if (subject === undefined) {
        return refused({ code: 'OPERATION_INVALID', message: 'there is no organisation yet' })
      }
      return attempt(async () => ({ keys: await archive.shred(subject, `${options.actor.name}: ${reason}`) }))
    },
  }
}

function subjectOf(
  { directory }: OperationsOptions,
  kind: ErasureSubject['kind'],
  value: string,
): ErasureSubject | undefined {
  if (kind === 'person') return { kind, email: value }
  const [organisation] = directory.organisations()
  return organisation === undefined ? undefined : { kind, organisationId: organisation.id, number: value }
}
