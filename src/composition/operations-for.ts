/**
 * Operations bound to one organisation and one actor: the door to programs and people. What belongs to others is out of
 * their reach here, below every route and role; what concerns the whole machine is the matter of permissions above.
 */
import type { Operations } from '../api/operations.ts'
import { BoundedMap } from '../base/bounded.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { CallRecordRepository } from '../call/call-record.ts'
import { scopeDirectory } from '../directory/scoped-directory.ts'
import type { Organisation } from '../directory/types.ts'
import type { EventLog } from '../events/event-log.ts'
import type { Actor } from '../events/system-events.ts'
import { createOperations, type LiveState, type OperationsOptions } from './operations.ts'

export interface Scope {
  readonly organisationId: OrganisationId
  readonly actor: Actor
  /** May see what concerns the whole machine, as the events without an organisation do. */
  readonly installation: boolean
}

/** Uploads that take several requests live in a caller's operations: as many callers at once keep theirs. */
const MAXIMUM_CALLERS = 1_000

/** Throws for an organisation that does not exist. */
export function createOperationsFor(whole: OperationsOptions): (scope: Scope) => Operations {
  const known = new BoundedMap<string, Operations>(MAXIMUM_CALLERS)
  return scope => {
    const { organisationId, actor, installation } = scope
    const key = JSON.stringify([
      organisationId,
      installation,
      actor.kind,
      actor.id,
      actor.name,
      actor.session,
      actor.address,
    ])
    const before = known.touch(key)
    if (before !== undefined) return before
    const operations = createOperations(scoped(whole, scope))
    known.set(key, operations)
    return operations
  }
}

function scoped(whole: OperationsOptions, { organisationId, actor, installation }: Scope): OperationsOptions {
  const organisation = whole.directory.organisations().find(each => each.id === organisationId)
  if (organisation === undefined) throw new Error(`there is no organisation ${organisationId}`)
  const directory = scopeDirectory(whole.directory, organisation)
  return {
    ...whole,
    actor,
    directory,
    calls: scopeCalls(whole.calls, organisationId),
    archive: undefined,
    machine: installation,
    search: scopeSearch(whole.search, organisationId, installation),
    log: scopeLog(whole.log, organisationId, installation),
    live: whole.live === undefined ? undefined : scopeLive(whole.live, organisation, directory),
  }
}

function scopeCalls(calls: CallRecordRepository, organisationId: OrganisationId): CallRecordRepository {
  return {
    ...calls,
    list: query => calls.list({ ...query, organisationId }),
    find: id => calls.find(id, organisationId),
  }
}

function scopeLog(log: EventLog, organisationId: OrganisationId, machine: boolean): EventLog {
  return { append: log.append, query: query => log.query({ ...query, organisationId, machine }) }
}

function scopeSearch(
  { search, count }: OperationsOptions['search'],
  organisationId: OrganisationId,
  machine: boolean,
): OperationsOptions['search'] {
  return {
    search: (query, asked) => search(query, { ...asked, organisationId, machine }),
    count: (query, asked) => count(query, { ...asked, organisationId, machine }),
  }
}

function scopeLive(live: LiveState, organisation: Organisation, directory: OperationsOptions['directory']): LiveState {
  const liveCalls: LiveState['liveCalls'] = () =>
    live.liveCalls().filter(call => call.organisationId === organisation.id)
  return {
    ...live,
    liveCalls,
    status() {
      const extensions = directory.extensions(organisation.id)
      const count = (of: (id: (typeof extensions)[number]['id']) => number): number =>
        extensions.reduce((sum, { id }) => sum + of(id), 0)
      return {
        ...live.status(),
        domain: organisation.domain,
        extensions: extensions.length,
        devices: count(id => directory.devicesOf(id).length),
        registrations: count(id => live.bindings.bindingsOf(id).length),
        liveCalls: liveCalls().length,
      }
    },
  }
}
