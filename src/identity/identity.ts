/** Everything about people, put together. */
import type { Clock } from '../base/clock.ts'
import type { EventPublisher } from '../events/bus.ts'
import { createApiKeys } from './api-keys.ts'
import { createAttempts } from './attempts.ts'
import { createCeremonies, type Sealing } from './ceremonies.ts'
import type { IdentityContext } from './context.ts'
import { createEnrolment } from './enrolment.ts'
import { createOwnFactors } from './own-factors.ts'
import { createPeople } from './people.ts'
import type { IdentityRepository } from './repository.ts'
import { createSessions } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { createStepUp } from './step-up.ts'
import type { Identity } from './types.ts'

export interface IdentityOptions {
  readonly repository: IdentityRepository
  readonly clock: Clock
  readonly events: EventPublisher
  readonly sealing: Sealing
  /** Shown by authenticators beside the account. */
  readonly serviceName: string
  /** `https://HOST:PORT` for links. */
  readonly baseUrl: () => string
}

export function createIdentity(options: IdentityOptions): Identity {
  const { repository, clock, events, sealing, serviceName, baseUrl } = options
  let last: Promise<unknown> = Promise.resolve()
  const context: IdentityContext = {
    repository,
    clock,
    events,
    serviceName,
    baseUrl,
    ceremonies: createCeremonies(sealing, clock, repository),
    attempts: createAttempts(),
    serially(change) {
      const result = last.then(change)
      last = result.catch(() => undefined)
      return result
    },
  }
  const sessions = createSessions(context)
  return {
    ...createEnrolment(context, sessions),
    ...createSignIn(context, sessions),
    ...createStepUp(context, sessions),
    ...createOwnFactors(context, sessions),
    ...createPeople(context, sessions),
    ...createApiKeys(context),
    session: sessions.of,
    signOut: session => sessions.end(session, 'signed out'),
  }
}
