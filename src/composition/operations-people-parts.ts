/** What operations on people, keys and organisations share: who may ask, and how outcomes read. */
import type { OperationResult } from '../api/operations.ts'
import type { OrganisationId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { DirectoryRefusal, Organisation } from '../directory/types.ts'
import type { Asker, Identity, IdentityRefusal } from '../identity/types.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

/** The identity service as the operator at the machine asks it. */
export interface Machine {
  readonly identity: Identity
  readonly asker: Asker
}

/**
 * Undefined: whoever asks is not at the machine, or this process knows no people. A person or a key that came by another
 * door would have every right of the machine here.
 */
export function machineOf({ actor, identity }: OperationsOptions): Machine | undefined {
  if (actor.kind !== 'operator' || identity === undefined) return undefined
  return { identity, asker: { actor, organisationId: undefined, role: 'machine' } }
}

/** Async, so that it fits every operation. */
export async function notAtTheMachine<T>(): Promise<OperationResult<T>> {
  return refused({ code: 'PEOPLE_FORBIDDEN', message: 'only the operator at the machine itself may ask for this' })
}

export function withoutIdentity<T>({ actor }: OperationsOptions): Promise<OperationResult<T>> {
  return actor.kind === 'operator' ? Promise.resolve(needsServer('what concerns people')) : notAtTheMachine()
}

/** What a change came to, presented; a fault of the store becomes a refusal. */
export async function came<A, B>(
  outcome: Promise<Result<A, IdentityRefusal>>,
  present: (value: A) => B,
): Promise<OperationResult<B>> {
  const settled = await attempt(() => outcome)
  if (!settled.ok) return settled
  const { value: result } = settled
  if (result.ok) return done(present(result.value))
  const { code, message, field } = result.error
  return refused({ code, message: field === undefined ? message : `${field}: ${message}` })
}

/** By id or domain; null: none, which is the whole installation; undefined: the first one. */
export function organisationOf(
  { directory }: OperationsOptions,
  organisation: string | null | undefined,
): Result<Organisation | undefined, DirectoryRefusal> {
  if (organisation === null) return ok(undefined)
  if (organisation === undefined) return ok(directory.primary)
  const found = directory
    .organisations()
    .find(each => each.id === organisation || each.domain === organisation.trim().toLowerCase())
  if (found !== undefined) return ok(found)
  const message = `there is no organisation ${organisation}; ringfence organisation list shows those that exist`
  return fail({ code: 'DIRECTORY_ORGANISATION_UNKNOWN', message })
}

export function domainOf({ directory }: OperationsOptions, id: OrganisationId | undefined): string | null {
  if (id === undefined) return null
  return directory.organisations().find(each => each.id === id)?.domain ?? id
}
