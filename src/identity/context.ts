/** What the parts of this room share: store, time, secrets of ceremonies, and the way to change a person. */
import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { PersonId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Actor } from '../events/system-events.ts'
import type { Attempts } from './attempts.ts'
import type { Ceremonies } from './ceremonies.ts'
import type { IdentityErrorCode } from './errors.ts'
import type { IdentityRepository, ListedPerson, StoredPerson } from './repository.ts'
import type { IdentityRefusal, Origin, Person, Session } from './types.ts'

export interface IdentityContext {
  readonly repository: IdentityRepository
  readonly clock: Clock
  readonly events: EventPublisher
  readonly ceremonies: Ceremonies
  readonly attempts: Attempts
  /** Shown by authenticators beside the account. */
  readonly serviceName: string
  /** `https://HOST:PORT` of links; without a trailing slash. */
  readonly baseUrl: () => string
  /** One change of who may do what after another, so that the last owner stays. */
  serially<T>(change: () => Promise<T>): Promise<T>
}

export function refuse(
  code: IdentityErrorCode,
  message: string,
  more: Partial<IdentityRefusal> = {},
): Result<never, IdentityRefusal> {
  return fail({ code, message, ...more })
}

/** Nobody's password could be looked at: so many are, at this moment. */
export function busy(): Result<never, IdentityRefusal> {
  return refuse('PEOPLE_LOCKED', 'many people sign in at this moment: try again in 5 s', { retryAfter: 5 })
}

/** For secrets of at least 128 random bits: nothing slower is needed to keep them. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex')
}

export function personActor(person: Person, origin: Origin, session?: { readonly id: string }): Actor {
  const { email: name, id } = person
  return {
    kind: 'person',
    name,
    id,
    address: origin.address,
    ...(session === undefined ? {} : { session: session.id }),
  }
}

export function sessionActor(session: Session): Actor {
  return personActor(session.person, session.origin, session)
}

export const MAXIMUM_EMAIL = 320

/** What wrong attempts are counted by: none of these can be typed as another. */
export const signInAccount = (email: string): string => `sign-in ${hashOf(email)}`
export const stepUpAccount = (id: PersonId): string => `step-up ${id}`
export const enrolmentAccount = (id: PersonId): string => `enrolment ${id}`

/** As many as one person could be changed at once: their sign-ins and what others do to them. */
const ATTEMPTS = 32

/** Changes a person as it is now; `change` may refuse, and is asked again when somebody else was quicker. */
export async function changePerson<R = never>(
  { repository }: Pick<IdentityContext, 'repository'>,
  id: PersonId,
  change: (stored: StoredPerson) => Result<StoredPerson, IdentityRefusal | R>,
): Promise<Result<StoredPerson, IdentityRefusal | R>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await repository.personBy({ id })
    if (stored === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such person')
    const changed = change(stored)
    if (!changed.ok) return changed
    const next = { ...changed.value, version: stored.version + 1 }
    if (await repository.replacePerson(next)) return ok(next)
  }
  throw new Error(`${id} was changed by others ${ATTEMPTS} times in a row`)
}

/** A passkey, or a password together with codes. */
export function hasSecondFactor({ passkeys, password, totp }: ListedPerson): boolean {
  return passkeys.length > 0 || (password !== undefined && totp !== undefined)
}
