/** What people do with their own factors. None of it leaves them without a second one; all of it but the first look wants a fresh one. */
import type { PasskeyId } from '../base/ids.ts'
import { ok, type Result } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import {
  busy,
  changePerson,
  hasSecondFactor,
  type IdentityContext,
  refuse,
  sessionActor,
  stepUpAccount,
} from './context.ts'
import { labelOf, wordsOf, wrongCode } from './enrolment.ts'
import { creationOptions, verifyCreation } from './passkeys.ts'
import { hashPassword, weaknessOf } from './password.ts'
import { newRecoveryCodes } from './recovery-codes.ts'
import type { ListedPerson, StoredPasskey, StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import { takeCode, usabilityOf } from './codes.ts'
import { newTotpSecret, stepOf, totpUri } from './totp.ts'
import type { FactorsView, Identity, IdentityRefusal, Outcome, PasskeyView, Session } from './types.ts'

type OwnFactors = Pick<
  Identity,
  | 'factors'
  | 'beginAddPasskey'
  | 'addPasskey'
  | 'removePasskey'
  | 'beginTotp'
  | 'setPassword'
  | 'removePassword'
  | 'newRecoveryCodes'
>

const MAXIMUM_PASSKEYS = 10
const LAST =
  'it would leave the account without a second factor: add another passkey, or a password with an authenticator, first'
const ALONE = 'a password alone is no second factor: set up an authenticator with it'
const NEEDS_STEP_UP = 'give your second factor once more, then try again'

export function createOwnFactors(context: IdentityContext, sessions: Sessions): OwnFactors {
  const { repository } = context
  return {
    async factors(session) {
      const stored = await repository.personBy({ id: session.person.id })
      return stored === undefined ? refuse('PEOPLE_UNKNOWN', 'there is no such person') : ok(factorsView(stored))
    },
    beginAddPasskey: session => beginAddPasskey(context, session),
    addPasskey: (session, input) => addPasskey(context, sessions, session, input),
    removePasskey: (session, id) => removePasskey(context, sessions, session, id),
    beginTotp: session => beginTotp(context, session),
    setPassword: (session, input) => setPassword(context, sessions, session, input),
    removePassword: session => removePassword(context, sessions, session),
    newRecoveryCodes: session => renewRecoveryCodes(context, session),
  }
}

export function factorsView({ passkeys, password, totp, recoveryCodes }: ListedPerson): FactorsView {
  return {
    passkeys: passkeys.map(passkeyView),
    password: password === undefined ? undefined : { changedAt: password.changedAt },
    totp: totp === undefined ? undefined : { createdAt: totp.createdAt },
    recoveryCodesLeft: recoveryCodes.length,
  }
}

function passkeyView({ id, label, createdAt, lastUsedAt, backedUp }: StoredPasskey): PasskeyView {
  return { id, label, createdAt, lastUsedAt, backedUp }
}

/** A session that came back with a recovery code enrols first; all others show that it is still them. */
function mayChange(context: IdentityContext, session: Session): Result<void, IdentityRefusal> {
  if (session.mustEnrol || session.steppedUpUntil > context.clock.now()) return ok(undefined)
  return refuse('PEOPLE_STEP_UP_NEEDED', NEEDS_STEP_UP)
}

function mayRemove(context: IdentityContext, session: Session): Result<void, IdentityRefusal> {
  return session.mustEnrol ? refuse('PEOPLE_FORBIDDEN', 'enrol a new factor first') : mayChange(context, session)
}

async function beginAddPasskey(context: IdentityContext, session: Session): ReturnType<Identity['beginAddPasskey']> {
  const allowed = mayChange(context, session)
  if (!allowed.ok) return allowed
  const stored = await context.repository.personBy({ id: session.person.id })
  if (stored === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such person')
  const state = context.ceremonies.begin('add-passkey', { subject: session.id, host: session.origin.host })
  const options = await creationOptions(context.serviceName, stored.person, state, stored.passkeys)
  return ok({ ceremony: state.ceremony, options })
}

async function addPasskey(
  context: IdentityContext,
  sessions: Sessions,
  session: Session,
  input: { readonly ceremony: string; readonly response: unknown; readonly label: string },
): Outcome<PasskeyView> {
  const { ceremonies, clock } = context
  const allowed = mayChange(context, session)
  if (!allowed.ok) return allowed
  const state = ceremonies.read('add-passkey', input.ceremony)
  if (state === undefined || state.subject !== session.id)
    return refuse('PEOPLE_EXPIRED', 'it took too long: begin again')
  const passkey = await verifyCreation(input.response, state, session.origin, labelOf(input.label), clock.now())
  if (passkey === undefined || !(await ceremonies.finish(state))) {
    return refuse(
      'PEOPLE_WRONG_CREDENTIALS',
      'the passkey was not made as asked: it has to check who uses it, by PIN or finger',
    )
  }
  if ((await context.repository.personBy({ credentialId: passkey.credentialId })) !== undefined) {
    return refuse('PEOPLE_EXISTS', 'this passkey is registered already')
  }
  const added = await changePerson(context, session.person.id, stored => {
    if (stored.passkeys.length >= MAXIMUM_PASSKEYS) {
      return refuse('PEOPLE_INVALID', `an account has at most ${MAXIMUM_PASSKEYS} passkeys: remove one first`)
    }
    return ok({ ...stored, passkeys: [...stored.passkeys, passkey] })
  })
  if (!added.ok) return added
  tell(context, 'people.factor-added', session, `passkey ${passkey.label}`)
  if (session.mustEnrol) await sessions.change(session, { mustEnrol: false })
  return ok(passkeyView(passkey))
}

async function removePasskey(
  context: IdentityContext,
  sessions: Sessions,
  session: Session,
  id: PasskeyId,
): Outcome<void> {
  const allowed = mayRemove(context, session)
  if (!allowed.ok) return allowed
  let label = ''
  const removed = await changePerson(context, session.person.id, stored => {
    const passkey = stored.passkeys.find(each => each.id === id)
    if (passkey === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such passkey')
    label = passkey.label
    return keepSecond({ ...stored, passkeys: stored.passkeys.filter(each => each !== passkey) })
  })
  if (!removed.ok) return removed
  await sessions.endAll(session.person.id, session.id)
  tell(context, 'people.factor-removed', session, `passkey ${label}`)
  return ok(undefined)
}

async function beginTotp(context: IdentityContext, session: Session): ReturnType<Identity['beginTotp']> {
  const allowed = mayChange(context, session)
  if (!allowed.ok) return allowed
  const secret = newTotpSecret()
  const { host } = session.origin
  const { ceremony } = context.ceremonies.begin('totp-setup', { subject: session.id, host, totpSecret: secret })
  return ok({ setup: ceremony, secret, uri: totpUri(secret, context.serviceName, session.person.email) })
}

/** With `setup`: a new authenticator and its password. Without: the password alone, where an authenticator is there. */
async function setPassword(
  context: IdentityContext,
  sessions: Sessions,
  session: Session,
  input: { readonly password: string; readonly setup?: string; readonly code: string },
): ReturnType<Identity['setPassword']> {
  const { repository, serviceName, clock } = context
  const allowed = mayChange(context, session)
  if (!allowed.ok) return allowed
  const weakness = weaknessOf(input.password, wordsOf(session.person, serviceName))
  if (weakness !== undefined) return refuse('PEOPLE_PASSWORD_WEAK', weakness, { field: 'password' })
  const stored = await repository.personBy({ id: session.person.id })
  if (stored === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such person')
  const account = stepUpAccount(session.person.id)
  const { wait } = context.attempts.attempt(account, session.origin.address, true, clock.now())
  if (wait > 0) return refuse('PEOPLE_LOCKED', `too many wrong codes: try again in ${wait} s`, { retryAfter: wait })
  const authenticator = await proveAuthenticator(context, session, stored, input)
  if (!authenticator.ok) return authenticator
  context.attempts.succeeded(account, session.origin.address, true)
  const { codes, hashes } = newRecoveryCodes()
  const hash = await hashPassword(input.password)
  if (hash === undefined) return busy()
  const password = { hash, changedAt: clock.now() }
  const changed = await changePerson(context, session.person.id, current =>
    // A code that was taken a moment ago stays taken.
    keepTogether({ ...current, password, totp: authenticator.value ?? current.totp, recoveryCodes: hashes }),
  )
  if (!changed.ok) return changed
  await sessions.endAll(session.person.id, session.id)
  tell(context, 'people.factor-added', session, authenticator.value === undefined ? 'password' : 'password+totp')
  if (session.mustEnrol) await sessions.change(session, { mustEnrol: false })
  return ok({ recoveryCodes: codes })
}

/** A new authenticator with its first code; undefined: a code of the one that is there was taken. */
async function proveAuthenticator(
  context: IdentityContext,
  session: Session,
  stored: StoredPerson,
  input: { readonly setup?: string; readonly code: string },
): Promise<Result<StoredPerson['totp'], IdentityRefusal>> {
  const { ceremonies, clock } = context
  const now = clock.now()
  if (input.setup === undefined) {
    if (stored.totp === undefined || session.mustEnrol) return refuse('PEOPLE_INVALID', ALONE, { field: 'setup' })
    const usability = usabilityOf(stored, input.code, now)
    const taken = usability.as === 'totp' && (await takeCode(context, stored.person.id, usability)) !== undefined
    if (taken) return ok(undefined)
    return refuse('PEOPLE_WRONG_CREDENTIALS', 'the code is not the one that the authenticator shows now', {
      field: 'code',
    })
  }
  const state = ceremonies.read('totp-setup', input.setup)
  if (state?.totpSecret === undefined || state.subject !== session.id) {
    return refuse('PEOPLE_EXPIRED', 'it took too long: begin again')
  }
  const code = input.code.slice(0, 64).replace(/\s/g, '')
  const step = stepOf(state.totpSecret, code, now)
  if (step === undefined) return wrongCode(state.totpSecret, code, now)
  if (!(await ceremonies.finish(state))) return refuse('PEOPLE_EXPIRED', 'it was used already: begin again')
  return ok({ secret: new Secret(state.totpSecret), createdAt: now, lastStep: step })
}

async function removePassword(context: IdentityContext, sessions: Sessions, session: Session): Outcome<void> {
  const allowed = mayRemove(context, session)
  if (!allowed.ok) return allowed
  const removed = await changePerson(context, session.person.id, stored =>
    keepSecond({ ...stored, password: undefined, totp: undefined, recoveryCodes: [] }),
  )
  if (!removed.ok) return removed
  await sessions.endAll(session.person.id, session.id)
  tell(context, 'people.factor-removed', session, 'password+totp')
  return ok(undefined)
}

async function renewRecoveryCodes(
  context: IdentityContext,
  session: Session,
): ReturnType<Identity['newRecoveryCodes']> {
  const allowed = mayRemove(context, session)
  if (!allowed.ok) return allowed
  const { codes, hashes } = newRecoveryCodes()
  const changed = await changePerson(context, session.person.id, stored => {
    if (stored.totp === undefined)
      return refuse('PEOPLE_INVALID', 'recovery codes stand in for an authenticator, and there is none')
    return ok({ ...stored, recoveryCodes: hashes })
  })
  if (!changed.ok) return changed
  tell(context, 'people.factor-added', session, 'recovery codes')
  return ok({ recoveryCodes: codes })
}

/** A password stands beside an authenticator or not at all. */
function keepTogether(stored: StoredPerson): Result<StoredPerson, IdentityRefusal> {
  return stored.totp === undefined ? refuse('PEOPLE_INVALID', ALONE, { field: 'setup' }) : ok(stored)
}

function keepSecond(stored: StoredPerson): Result<StoredPerson, IdentityRefusal> {
  return hasSecondFactor(stored) ? ok(stored) : refuse('PEOPLE_LAST_FACTOR', LAST)
}

function tell(
  { events }: IdentityContext,
  type: 'people.factor-added' | 'people.factor-removed',
  session: Session,
  factor: string,
): void {
  const { email, organisationId } = session.person
  events.publish(type, { actor: sessionActor(session), person: email, factor }, organisationId)
}
