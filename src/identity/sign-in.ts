/** The ways in: a passkey, or e-mail address, password and code in one request. Both are told apart from nothing by their refusals. */
import { neighbourhoodOf } from '../base/network.ts'
import { ok } from '../base/result.ts'
import { changePerson, type IdentityContext, refuse } from './context.ts'
import { credentialIdOf, requestOptions, verifyUse } from './passkeys.ts'
import { PasswordOverload, passwordMatches } from './password.ts'
import { hashOfRecoveryCode } from './recovery-codes.ts'
import type { StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import { skewOf, stepOf } from './totp.ts'
import type { Identity, Origin, Outcome, SessionMethod, SignedIn } from './types.ts'

type SignIn = Pick<Identity, 'beginPasskey' | 'signInPasskey' | 'signInPassword' | 'signInProvider'>

const WRONG =
  'that did not work: check the address, the password and the code, and that the link is not of another account'
const SHOWN = 64

export function createSignIn(context: IdentityContext, sessions: Sessions): SignIn {
  return {
    async beginPasskey(origin) {
      const state = context.ceremonies.begin('sign-in', { subject: '-', host: origin.host })
      return ok({ ceremony: state.ceremony, options: await requestOptions(state) })
    },
    signInPasskey: (input, origin) => signInPasskey(context, sessions, input, origin),
    signInPassword: (input, origin) => signInPassword(context, sessions, input, origin),
    signInProvider: (input, origin) => signInProvider(context, sessions, input, origin),
  }
}

async function signInPasskey(
  context: IdentityContext,
  sessions: Sessions,
  { ceremony, response }: { readonly ceremony: string; readonly response: unknown },
  origin: Origin,
): Outcome<SignedIn> {
  const { ceremonies, repository, clock } = context
  const state = ceremonies.read('sign-in', ceremony)
  if (state === undefined) return failed(context, origin, '-', 'passkey', 'the ceremony is over')
  const credentialId = credentialIdOf(response)
  const person = credentialId === undefined ? undefined : await repository.personBy({ credentialId })
  const passkey = person?.passkeys.find(each => each.credentialId === credentialId)
  if (person === undefined || passkey === undefined)
    return failed(context, origin, '-', 'passkey', 'the passkey is unknown')
  const used = await verifyUse(response, state, origin, passkey, clock.now())
  const name = person.person.email
  if (used === undefined) return failed(context, origin, name, 'passkey', 'the answer does not prove it', person)
  if (!(await ceremonies.finish(state)))
    return failed(context, origin, name, 'passkey', 'the answer was used before', person)
  if (person.person.state !== 'active')
    return failed(context, origin, name, 'passkey', `the account is ${person.person.state}`, person)
  const kept = await changePerson(context, person.person.id, stored => ({
    ok: true,
    value: { ...stored, passkeys: stored.passkeys.map(each => (each.id === used.id ? used : each)) },
  }))
  return kept.ok ? ok(await sessions.begin(kept.value, 'passkey', origin)) : kept
}

async function signInPassword(
  context: IdentityContext,
  sessions: Sessions,
  input: { readonly email: string; readonly password: string; readonly code: string },
  origin: Origin,
): Outcome<SignedIn> {
  const { repository, attempts, clock, events } = context
  const email = input.email.trim().toLowerCase()
  const person = await repository.personBy({ email })
  const known = person?.networks.some(each => each.network === neighbourhoodOf(origin.address)) === true
  const wait = attempts.attempt(email, origin.address, known, clock.now())
  if (wait > 0) {
    events.publish('people.locked', {
      person: email.slice(0, SHOWN),
      address: origin.address,
      attempts: 0,
      until: clock.now() + wait * 1_000,
    })
    return refuse('PEOPLE_LOCKED', `too many wrong attempts: try again in ${wait} s, or sign in with a passkey`, {
      retryAfter: wait,
    })
  }
  let matches: boolean
  try {
    matches = await passwordMatches(input.password, person?.password?.hash)
  } catch (error) {
    if (error instanceof PasswordOverload)
      return refuse('PEOPLE_LOCKED', 'many people sign in at this moment: try again in 5 s', { retryAfter: 5 })
    throw error
  }
  if (person === undefined) return failed(context, origin, email, 'password', 'the account is unknown')
  // The code is looked at whatever became of the password: the time of an answer tells nothing.
  const method = await takeCode(context, person, input.code, matches && person.person.state === 'active')
  if (!matches) return failed(context, origin, email, 'password', 'the password is wrong', person)
  if (person.person.state !== 'active')
    return failed(context, origin, email, 'password', `the account is ${person.person.state}`, person)
  if (typeof method !== 'string') return failed(context, origin, email, 'password', method.reason, person)
  attempts.succeeded(email, origin.address, known)
  return ok(await sessions.begin(person, method, origin))
}

/** Takes a code of the authenticator, or a recovery code, once. `really` false: nothing is used up. */
export async function takeCode(
  context: IdentityContext,
  { person, totp }: StoredPerson,
  code: string,
  really: boolean,
): Promise<SessionMethod | { readonly reason: string }> {
  const { clock } = context
  const given = code.trim().replace(/\s/g, '')
  if (totp === undefined) return { reason: 'the account has no authenticator' }
  if (/^\d{6}$/.test(given)) {
    const step = stepOf(totp.secret.reveal(), given, clock.now())
    if (step === undefined) {
      const skew = really ? skewOf(totp.secret.reveal(), given, clock.now()) : undefined
      return { reason: skew === undefined ? 'the code is wrong' : `the clock of the authenticator is off by ${skew} s` }
    }
    if (!really) return { reason: 'it was not taken' }
    const taken = await changePerson<{ readonly code: 'used' }>(context, person.id, stored => {
      if (stored.totp === undefined || step <= stored.totp.lastStep) return { ok: false, error: { code: 'used' } }
      return { ok: true, value: { ...stored, totp: { ...stored.totp, lastStep: step } } }
    })
    return taken.ok ? 'password+totp' : { reason: 'the code was used before' }
  }
  const hash = hashOfRecoveryCode(given)
  if (!really) return { reason: 'it was not taken' }
  const taken = await changePerson<{ readonly code: 'unknown' }>(context, person.id, stored => {
    if (!stored.recoveryCodes.includes(hash)) return { ok: false, error: { code: 'unknown' } }
    return { ok: true, value: { ...stored, recoveryCodes: stored.recoveryCodes.filter(each => each !== hash) } }
  })
  return taken.ok ? 'password+recovery-code' : { reason: 'the code is wrong' }
}

/** The provider has proved who it is, and that a second factor was used: the room `oidc` saw to it. */
async function signInProvider(
  context: IdentityContext,
  sessions: Sessions,
  {
    provider,
    issuer,
    subject,
    email,
  }: { readonly provider: string; readonly issuer: string; readonly subject: string; readonly email: string },
  origin: Origin,
): Outcome<SignedIn> {
  const { repository } = context
  const method = `oidc ${provider}`
  const bound = await repository.personBy({ issuer, subject })
  const person = bound ?? (await repository.personBy({ email: email.trim().toLowerCase() }))
  if (person === undefined) return failed(context, origin, email, method, 'nobody here has this address')
  const other = bound === undefined && person.subjects.some(each => each.issuer === issuer)
  if (other)
    return failed(context, origin, email, method, 'the address belongs to another account of this provider', person)
  // Without a factor of their own nobody is active; an invitation is accepted by its link.
  if (person.person.state !== 'active')
    return failed(context, origin, email, method, `the account is ${person.person.state}`, person)
  if (bound === undefined) {
    const kept = await changePerson(context, person.person.id, stored => ({
      ok: true,
      value: { ...stored, subjects: [...stored.subjects, { issuer, subject }].slice(-8) },
    }))
    if (!kept.ok) return kept
  }
  return ok(await sessions.begin(person, 'oidc', origin))
}

function failed(
  { events }: IdentityContext,
  { address, userAgent }: Origin,
  email: string,
  method: string,
  reason: string,
  person?: StoredPerson,
) {
  const payload = { person: email.slice(0, SHOWN), address, userAgent: userAgent.slice(0, 256), method, reason }
  events.publish('people.sign-in-failed', payload, person?.person.organisationId)
  return refuse('PEOPLE_WRONG_CREDENTIALS', WRONG)
}
