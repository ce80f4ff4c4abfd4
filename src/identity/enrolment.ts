/** From a link to an account: nobody gets through without a second factor, and a link works once. */
import { ok } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import type { CeremonyState } from './ceremonies.ts'
import {
  busy,
  changePerson,
  enrolmentAccount,
  hashOf,
  type IdentityContext,
  personActor,
  refuse,
  signInAccount,
} from './context.ts'
import { hasNoName, nameFirstOwner } from './first-owner.ts'
import { canHavePasskeys, creationOptions, verifyCreation } from './passkeys.ts'
import { hashPassword, weaknessOf } from './password.ts'
import { newRecoveryCodes } from './recovery-codes.ts'
import type { StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import { newTotpSecret, offsetOf, skewMessage, stepOf, totpUri } from './totp.ts'
import type { Enrolment, Identity, Origin, Outcome, Person, SignedIn } from './types.ts'

type EnrolmentPart = Pick<Identity, 'openEnrolment' | 'enrolPasskey' | 'enrolPassword'>

const ENROLMENT_MS = 15 * 60_000
const OVER = 'this link was used or is over: ask for a new one'

export function createEnrolment(context: IdentityContext, sessions: Sessions): EnrolmentPart {
  return {
    openEnrolment: (token, origin, who) => open(context, token, origin, who),
    enrolPasskey: (input, origin) => enrolPasskey(context, sessions, input, origin),
    enrolPassword: (input, origin) => enrolPassword(context, sessions, input, origin),
  }
}

async function open(
  context: IdentityContext,
  token: string,
  origin: Origin,
  who: { readonly email: string; readonly name: string } | undefined,
): Outcome<Enrolment> {
  const { repository, clock, ceremonies, serviceName } = context
  const hash = hashOf(token)
  const found = await repository.personBy({ invitation: hash })
  const now = clock.now()
  const { invitation } = found ?? {}
  if (found === undefined || invitation === undefined || invitation.expiresAt <= now) {
    return refuse('PEOPLE_EXPIRED', OVER)
  }
  if (found.person.state === 'suspended') return refuse('PEOPLE_EXPIRED', OVER)
  const named = who === undefined ? ok(found) : await nameFirstOwner(context, found, who)
  if (!named.ok) return named
  const { person } = named.value
  const totpSecret = newTotpSecret()
  const subject = { subject: person.id, host: origin.host, totpSecret, invitation: hash }
  const state = ceremonies.begin('enrolment', subject, Math.min(ENROLMENT_MS, invitation.expiresAt - now))
  return ok({
    enrolment: state.ceremony,
    person,
    passkey: canHavePasskeys(origin.host) ? await creationOptions(serviceName, person, state, []) : null,
    totp: { secret: totpSecret, uri: totpUri(totpSecret, serviceName, person.email) },
    expiresAt: state.expiresAt,
    recovery: invitation.recovery,
    needsName: invitation.first && who === undefined,
  })
}

async function enrolPasskey(
  context: IdentityContext,
  sessions: Sessions,
  input: { readonly enrolment: string; readonly response: unknown; readonly label: string },
  origin: Origin,
): Outcome<SignedIn> {
  const { ceremonies, clock } = context
  const state = ceremonies.read('enrolment', input.enrolment)
  if (state === undefined || state.host !== origin.host) return refuse('PEOPLE_EXPIRED', OVER)
  const label = labelOf(input.label)
  const passkey = await verifyCreation(input.response, state, origin, label, clock.now())
  if (passkey === undefined) {
    return refuse(
      'PEOPLE_WRONG_CREDENTIALS',
      'the passkey was not made as asked: it has to check who uses it, by PIN or finger',
    )
  }
  return enrol(context, sessions, state, origin, 'passkey', {
    passkeys: [passkey],
    password: undefined,
    totp: undefined,
    recoveryCodes: [],
  })
}

async function enrolPassword(
  context: IdentityContext,
  sessions: Sessions,
  input: { readonly enrolment: string; readonly password: string; readonly code: string },
  origin: Origin,
): Outcome<SignedIn & { readonly recoveryCodes: readonly string[] }> {
  const { ceremonies, clock, repository, serviceName } = context
  const state = ceremonies.read('enrolment', input.enrolment)
  if (state?.totpSecret === undefined || state.host !== origin.host) return refuse('PEOPLE_EXPIRED', OVER)
  const found = await repository.personBy({ invitation: state.invitation ?? '' })
  if (found === undefined || found.person.id !== state.subject) return refuse('PEOPLE_EXPIRED', OVER)
  const weakness = weaknessOf(input.password, wordsOf(found.person, serviceName))
  if (weakness !== undefined) return refuse('PEOPLE_PASSWORD_WEAK', weakness, { field: 'password' })
  const account = enrolmentAccount(found.person.id)
  const { wait } = context.attempts.attempt(account, origin.address, false, clock.now())
  if (wait > 0) return refuse('PEOPLE_LOCKED', `too many wrong codes: try again in ${wait} s`, { retryAfter: wait })
  const code = input.code.slice(0, 64).replace(/\s/g, '')
  const step = stepOf(state.totpSecret, code, clock.now())
  if (step === undefined) return wrongCode(state.totpSecret, code, clock.now())
  context.attempts.succeeded(account, origin.address, false)
  const { codes, hashes } = newRecoveryCodes()
  const now = clock.now()
  const hash = await hashPassword(input.password)
  if (hash === undefined) return busy()
  const password = { hash, changedAt: now }
  const totp = { secret: new Secret(state.totpSecret), createdAt: now, lastStep: step }
  const factors = { passkeys: [], password, totp, recoveryCodes: hashes }
  const signedIn = await enrol(context, sessions, state, origin, 'password+totp', factors)
  return signedIn.ok ? ok({ ...signedIn.value, recoveryCodes: codes }) : signedIn
}

/** Said only to who is just setting the authenticator up: there is nothing to be guessed yet. */
export function wrongCode(secret: string, code: string, now: number) {
  const offset = offsetOf(secret, code, now)
  if (offset === undefined) {
    return refuse(
      'PEOPLE_WRONG_CREDENTIALS',
      'the code is not the one of this secret: type the six digits that the authenticator shows now',
      { field: 'code' },
    )
  }
  return refuse('PEOPLE_CLOCK_SKEW', skewMessage(offset), { field: 'code' })
}

/** What a password must not be made of. */
export function wordsOf({ email, name }: Person, serviceName: string): readonly string[] {
  return [...email.split(/[@.+_-]/), ...name.split(/\s+/), ...serviceName.split(/[\s.]+/)]
}

export function labelOf(text: string): string {
  const clean = text
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, 64)
  return clean === '' ? 'Passkey' : clean
}

type Factors = Pick<StoredPerson, 'passkeys' | 'password' | 'totp' | 'recoveryCodes'>

/** All factors that were there before are gone, and so are the sessions made with them. */
async function enrol(
  context: IdentityContext,
  sessions: Sessions,
  state: CeremonyState,
  origin: Origin,
  factor: 'passkey' | 'password+totp',
  factors: Factors,
): Outcome<SignedIn> {
  const { repository, events, clock, ceremonies } = context
  const found = await repository.personBy({ invitation: state.invitation ?? '' })
  if (found === undefined || found.person.id !== state.subject) return refuse('PEOPLE_EXPIRED', OVER)
  if (hasNoName(found))
    return refuse('PEOPLE_INVALID', 'say who you are first: name and e-mail address', { field: 'email' })
  const [credentialId] = factors.passkeys.map(each => each.credentialId)
  const holder = credentialId === undefined ? undefined : await repository.personBy({ credentialId })
  if (holder !== undefined && holder.person.id !== found.person.id) {
    return refuse('PEOPLE_EXISTS', 'this passkey is registered already')
  }
  if (!(await ceremonies.finish(state))) return refuse('PEOPLE_EXPIRED', OVER)
  const recovery = found.invitation?.recovery === true
  const enrolled = await changePerson(context, found.person.id, stored => {
    const { invitation, person } = stored
    if (
      invitation === undefined ||
      invitation.hash !== state.invitation ||
      invitation.expiresAt <= clock.now() ||
      person.state === 'suspended'
    ) {
      return refuse('PEOPLE_EXPIRED', OVER)
    }
    return ok({ ...stored, ...factors, invitation: undefined, person: { ...person, state: 'active' as const } })
  })
  if (!enrolled.ok) return enrolled
  await sessions.endAll(found.person.id)
  sessions.forget()
  context.attempts.forget(signInAccount(found.person.email))
  const actor = personActor(found.person, origin)
  events.publish(
    'people.enrolled',
    { actor, person: found.person.email, factor, recovery },
    found.person.organisationId,
  )
  return sessions.begin(enrolled.value, factor, origin)
}
