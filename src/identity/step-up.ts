/** The second factor once more, for what would hurt most. Who cannot give it is signed out before they have guessed it. */
import { ok } from '../base/result.ts'
import type { Attempt } from './attempts.ts'
import { takeCode, usabilityOf } from './codes.ts'
import { type IdentityContext, refuse, sessionActor, stepUpAccount } from './context.ts'
import { credentialIdOf, keepUse, requestOptions, rpIdOf, verifyUse } from './passkeys.ts'
import type { StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import type { Identity, Origin, Outcome, Session, SignedIn, StepUpAnswer } from './types.ts'

type StepUp = Pick<Identity, 'beginStepUp' | 'stepUp'>

export function createStepUp(context: IdentityContext, sessions: Sessions): StepUp {
  return {
    beginStepUp: session => beginStepUp(context, session),
    stepUp: (session, answer, origin) => stepUp(context, sessions, session, answer, origin),
  }
}

async function beginStepUp(
  { repository, ceremonies }: IdentityContext,
  session: Session,
): ReturnType<Identity['beginStepUp']> {
  const stored = await repository.personBy({ id: session.person.id })
  if (stored === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such person')
  const here = stored.passkeys.filter(each => each.rpId === rpIdOf(session.origin.host))
  const totp = stored.totp !== undefined
  if (here.length === 0) return ok({ ceremony: undefined, totp })
  const state = ceremonies.begin('step-up', { subject: session.id, host: session.origin.host })
  return ok({ ceremony: { ceremony: state.ceremony, options: await requestOptions(state, here) }, totp })
}

async function stepUp(
  context: IdentityContext,
  sessions: Sessions,
  session: Session,
  answer: StepUpAnswer,
  origin: Origin,
): Outcome<SignedIn> {
  const { repository, attempts, clock, events } = context
  if (session.mustEnrol) return refuse('PEOPLE_FORBIDDEN', 'enrol a new factor first')
  const stored = await repository.personBy({ id: session.person.id })
  if (stored === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such person')
  const account = stepUpAccount(session.person.id)
  const { wait, lock } = attempts.attempt(account, origin.address, true, clock.now())
  if (wait > 0) return refuse('PEOPLE_LOCKED', `too many wrong attempts: try again in ${wait} s`, { retryAfter: wait })
  const method =
    'code' in answer
      ? await byCode(context, stored, answer.code)
      : await byPasskey(context, session, stored, answer, origin)
  if (method === undefined) return failed(context, sessions, session, origin, lock)
  attempts.succeeded(account, origin.address, true)
  const steppedUp = await sessions.stepUp(session)
  if (steppedUp === undefined) return refuse('PEOPLE_EXPIRED', 'the session is over: sign in again')
  const { email, organisationId } = session.person
  events.publish('people.stepped-up', { actor: sessionActor(session), person: email, method }, organisationId)
  return ok(steppedUp)
}

/** A recovery code steps nobody up. */
async function byCode(context: IdentityContext, stored: StoredPerson, code: string): Promise<string | undefined> {
  const usability = usabilityOf(stored, code, context.clock.now())
  if (usability.as !== 'totp') return undefined
  return (await takeCode(context, stored.person.id, usability)) === undefined ? undefined : 'totp'
}

async function byPasskey(
  context: IdentityContext,
  session: Session,
  stored: StoredPerson,
  { ceremony, response }: { readonly ceremony: string; readonly response: unknown },
  origin: Origin,
): Promise<string | undefined> {
  const { ceremonies, clock } = context
  const state = ceremonies.read('step-up', ceremony)
  const passkey = stored.passkeys.find(each => each.credentialId === credentialIdOf(response))
  if (state === undefined || state.subject !== session.id || passkey === undefined) return undefined
  const used = await verifyUse(response, state, origin, passkey, clock.now())
  if (used === undefined || !(await ceremonies.finish(state))) return undefined
  return (await keepUse(context, stored.person.id, used)) === undefined ? undefined : 'passkey'
}

async function failed(
  { events }: IdentityContext,
  sessions: Sessions,
  session: Session,
  { address, userAgent }: Origin,
  lock: Attempt['lock'],
): Outcome<never> {
  const { email, organisationId } = session.person
  const reason = 'the factor is wrong'
  const payload = { person: email, address, userAgent: userAgent.slice(0, 256), method: 'step-up', reason }
  events.publish('people.sign-in-failed', payload, organisationId)
  if (lock === undefined) {
    return refuse(
      'PEOPLE_WRONG_CREDENTIALS',
      'that did not work: use a passkey, or the code that the authenticator shows now',
    )
  }
  events.publish('people.locked', { person: email, address, ...lock }, organisationId)
  await sessions.end(session, 'too many wrong second factors')
  return refuse('PEOPLE_LOCKED', 'too many wrong attempts: this session is over', { retryAfter: 60 })
}
