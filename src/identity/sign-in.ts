/** The ways in: a passkey, or e-mail address, password and code in one request. No refusal says which of them was wrong. */
import { neighbourhoodOf } from '../base/network.ts'
import { ok } from '../base/result.ts'
import type { Attempt } from './attempts.ts'
import { takeCode, usabilityOf } from './codes.ts'
import { busy, type IdentityContext, MAXIMUM_EMAIL, refuse, signInAccount } from './context.ts'
import { credentialIdOf, isHandleOf, keepUse, requestOptions, verifyUse } from './passkeys.ts'
import { passwordMatches } from './password.ts'
import type { StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import { createSignInProvider } from './sign-in-provider.ts'
import type { Identity, Origin, Outcome, SignedIn } from './types.ts'

type SignIn = Pick<Identity, 'beginPasskey' | 'signInPasskey' | 'signInPassword' | 'signInProvider'>

const WRONG =
  'that did not work: check the address, the password and the code; a code is right for half a minute and works once'
const SHOWN = 64

export function createSignIn(context: IdentityContext, sessions: Sessions): SignIn {
  return {
    async beginPasskey(origin) {
      const state = context.ceremonies.begin('sign-in', { subject: '-', host: origin.host })
      return ok({ ceremony: state.ceremony, options: await requestOptions(state) })
    },
    signInPasskey: (input, origin) => signInPasskey(context, sessions, input, origin),
    signInPassword: (input, origin) => signInPassword(context, sessions, input, origin),
    signInProvider: createSignInProvider(context, sessions, failed),
  }
}

async function signInPasskey(
  context: IdentityContext,
  sessions: Sessions,
  { ceremony, response }: { readonly ceremony: string; readonly response: unknown },
  origin: Origin,
): Outcome<SignedIn> {
  const { ceremonies, repository, clock } = context
  const refused = (reason: string, person?: StoredPerson) => failed(context, origin, 'passkey', reason, person)
  const state = ceremonies.read('sign-in', ceremony)
  if (state === undefined) return refused('the ceremony is over')
  const credentialId = credentialIdOf(response)
  const person = credentialId === undefined ? undefined : await repository.personBy({ credentialId })
  const passkey = person?.passkeys.find(each => each.credentialId === credentialId)
  if (person === undefined || passkey === undefined) return refused('the passkey is unknown')
  if (!isHandleOf(response, person.person)) return refused('the passkey says that it is of somebody else', person)
  const used = await verifyUse(response, state, origin, passkey, clock.now())
  if (used === undefined) return refused('the answer does not prove it', person)
  if (!(await ceremonies.finish(state))) return refused('the answer was used before', person)
  if (person.person.state !== 'active') return refused(`the account is ${person.person.state}`, person)
  const kept = await keepUse(context, person.person.id, used)
  if (kept === undefined) return refused('the passkey was removed or used meanwhile', person)
  return sessions.begin(kept, 'passkey', origin)
}

async function signInPassword(
  context: IdentityContext,
  sessions: Sessions,
  input: { readonly email: string; readonly password: string; readonly code: string },
  origin: Origin,
): Outcome<SignedIn> {
  const { repository, attempts, clock } = context
  const email = input.email.trim().toLowerCase().slice(0, MAXIMUM_EMAIL)
  const person = await repository.personBy({ email })
  const known = person?.networks.some(each => each.network === neighbourhoodOf(origin.address)) === true
  const account = signInAccount(email)
  const { wait, lock } = attempts.attempt(account, origin.address, known, clock.now())
  if (wait > 0) return refuse('PEOPLE_LOCKED', tooMany(wait), { retryAfter: wait })
  const matches = await passwordMatches(input.password, person?.password?.hash)
  if (matches === undefined) return busy()
  // The code is looked at whatever became of the password, and for nobody too: the time of an answer tells nothing.
  const usability = usabilityOf(person, input.code, clock.now())
  const refused = (reason: string) => {
    tellLock(context, origin, email, lock, person)
    return failed(context, origin, 'password', reason, person, email)
  }
  if (person === undefined) return refused('the account is unknown')
  if (!matches) return refused('the password is wrong')
  if (person.person.state !== 'active') return refused(`the account is ${person.person.state}`)
  if (usability.as === 'skewed') {
    refused(usability.message)
    return refuse('PEOPLE_CLOCK_SKEW', usability.message, { field: 'code' })
  }
  if (usability.as === 'nothing') return refused(usability.reason)
  const taken = await takeCode(context, person.person.id, usability)
  if (taken === undefined) return refused('the code was used before')
  attempts.succeeded(account, origin.address, known)
  return sessions.begin(taken, usability.as === 'totp' ? 'password+totp' : 'password+recovery-code', origin)
}

function tooMany(wait: number): string {
  return `too many wrong attempts: try again in ${wait} s, or sign in with a passkey`
}

function tellLock(
  { events }: IdentityContext,
  { address }: Origin,
  email: string,
  lock: Attempt['lock'],
  person: StoredPerson | undefined,
): void {
  if (lock === undefined) return
  events.publish('people.locked', { person: email.slice(0, SHOWN), address, ...lock }, person?.person.organisationId)
}

/** Why goes into the log, and never into the answer. */
function failed(
  { events, attempts, clock }: IdentityContext,
  { address, userAgent }: Origin,
  method: string,
  reason: string,
  person?: StoredPerson,
  typed?: string,
) {
  if (person !== undefined || typed !== undefined || attempts.mayTell(address, clock.now())) {
    const name = (person?.person.email ?? typed ?? '-').slice(0, SHOWN)
    const payload = { person: name, address, userAgent: userAgent.slice(0, 256), method, reason }
    events.publish('people.sign-in-failed', payload, person?.person.organisationId)
  }
  return refuse('PEOPLE_WRONG_CREDENTIALS', WRONG)
}
