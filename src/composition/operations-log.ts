/** The operations on the log itself. Of one organisation alone they are not: its chain is that of the whole machine. */
import type { LogOperations } from '../api/log-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import { parseQuery } from '../events/query/parse.ts'
import type { ErasureSubject } from '../events/chain/event-archive.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, needsServer, refused } from './operations-result.ts'

export function logOperations(options: OperationsOptions): LogOperations {
  const { archive } = options
  const questions = questionsOf(options)
  const needsMachine = async <T>(): Promise<OperationResult<T>> => needsServer<T>('the whole log')
  if (archive === undefined) {
    return {
      ...questions,
      eventsSign: needsMachine,
      eventsProof: needsMachine,
      eventsStatements: needsMachine,
      eventsStatistics: needsMachine,
      eventsForget: needsMachine,
    }
  }
  return {
    ...questions,
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

function questionsOf({ search, clock }: OperationsOptions): Pick<LogOperations, 'eventsSearch' | 'eventsCount'> {
  return {
    async eventsSearch({ q, limit, before }) {
      const query = parseQuery(q)
      if (!query.ok) return refused({ code: 'QUERY_INVALID', message: query.error.message })
      if (query.value.counting !== undefined) {
        return refused({
          code: 'QUERY_INVALID',
          message: 'this question counts: ask for its counts, or leave out what follows |',
        })
      }
      return attempt(async () => {
        const place = before === undefined ? {} : { before }
        const { events, next, partial } = await search.search(query.value, { limit, now: clock.now(), ...place })
        return { events, next: next ?? null, partial }
      })
    },
    async eventsCount({ q }) {
      const query = parseQuery(q)
      if (!query.ok) return refused({ code: 'QUERY_INVALID', message: query.error.message })
      return attempt(async () => {
        const { groups, total, partial } = await search.count(query.value, { limit: 1, now: clock.now() })
        const by = query.value.counting?.by ?? []
        return { by, groups: groups.map(each => ({ ...each, at: each.at ?? null })), total, partial }
      })
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
