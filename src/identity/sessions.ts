/** Sessions: random, short, bound to the browser and network that they were made in, and ended when anything about them is odd. */
import { BoundedMap } from '../base/bounded.ts'
import { newId, type PersonId, type SessionId } from '../base/ids.ts'
import { neighbourhoodOf } from '../base/network.ts'
import { randomToken } from '../base/random.ts'
import { fail, ok } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import { changePerson, hashOf, type IdentityContext, personActor, refuse } from './context.ts'
import type { StoredPerson, StoredSession } from './repository.ts'
import { permissionsOf } from './roles.ts'
import type { Origin, Outcome, Session, SessionMethod, SessionView, SignedIn } from './types.ts'

export const IDLE_MS = 15 * 60_000
export const LIFETIME_MS = 12 * 3_600_000
export const STEP_UP_MS = 5 * 60_000
const MAXIMUM_NETWORKS = 16
const MAXIMUM_AGENT = 256
/** Of one person at once; the oldest ends. */
const MAXIMUM_SESSIONS = 20
/** What was read a moment ago is not read again for each of many requests; what other nodes ended is over here within this time. */
const FRESH_MS = 2_000
const TOUCH_MS = 30_000
/** For requests that were on their way when the token changed. */
const PREVIOUS_MS = 10_000
const REMEMBERED = 10_000

interface Memory {
  readonly sessions: BoundedMap<string, Remembered>
  /** Grows when what was read is not to be trusted any more. */
  epoch: number
}

interface Remembered {
  readonly stored: StoredSession
  readonly person: StoredPerson
  readonly readAt: number
}

export interface Sessions {
  /** `person`: as they proved it. Refused when they were suspended, or their factors replaced, at the same moment. */
  begin(person: StoredPerson, method: SessionMethod, origin: Origin): Outcome<SignedIn>
  of(token: string, origin: Origin, background?: boolean): Promise<Session | undefined>
  /** It goes on with these differences. */
  change(session: Session, change: Partial<Pick<StoredSession, 'steppedUpUntil' | 'mustEnrol'>>): Promise<Session>
  /** With a token of its own, as after every proof of who it is: who had the one before has no rights by it. */
  stepUp(session: Session): Promise<SignedIn | undefined>
  end(session: Session, why: string): Promise<void>
  /** Those of one person, but `except`. */
  endAll(personId: PersonId, except?: SessionId): Promise<void>
  /** What others changed is read again, also by who reads at this moment. */
  forget(): void
}

export function createSessions(context: IdentityContext): Sessions {
  const { repository, clock, events } = context
  const memory: Memory = { sessions: new BoundedMap<string, Remembered>(REMEMBERED), epoch: 0 }
  const forget = (): void => {
    memory.epoch++
    memory.sessions.clear()
  }
  return {
    begin: (person, method, origin) => begin(context, person, method, origin),
    of: (token, origin, background = false) => find(context, memory, token, origin, background),
    async change(session, change) {
      await repository.updateSession(session.id, change)
      forget()
      return { ...session, ...change }
    },
    async stepUp(session) {
      const token = randomToken(32)
      const now = clock.now()
      const steppedUpUntil = now + STEP_UP_MS
      if (!(await repository.renewSession(session.id, hashOf(token), now + PREVIOUS_MS))) return undefined
      await repository.updateSession(session.id, { steppedUpUntil })
      forget()
      return { session: { ...session, steppedUpUntil }, token: new Secret(token) }
    },
    async end(session, why) {
      await repository.deleteSession(session.id)
      forget()
      const actor = personActor(session.person, session.origin, session)
      events.publish('people.signed-out', { actor, person: session.person.email, why }, session.person.organisationId)
    },
    async endAll(personId, except) {
      await repository.deleteSessionsOf(personId, except)
      forget()
    },
    forget,
  }
}

async function begin(
  context: IdentityContext,
  person: StoredPerson,
  method: SessionMethod,
  origin: Origin,
): Outcome<SignedIn> {
  const { repository, clock, events } = context
  const now = clock.now()
  const token = randomToken(32)
  const recovered = method === 'password+recovery-code'
  const session: StoredSession = {
    id: newId<'SessionId'>(now),
    tokenHash: hashOf(token),
    previous: undefined,
    personId: person.person.id,
    method,
    address: origin.address,
    userAgent: origin.userAgent.slice(0, MAXIMUM_AGENT),
    host: origin.host,
    createdAt: now,
    lastSeenAt: now,
    until: now + LIFETIME_MS,
    steppedUpUntil: recovered || method === 'oidc' ? 0 : now + STEP_UP_MS,
    mustEnrol: recovered,
    csrf: randomToken(24),
  }
  await endOldest(context, session)
  await repository.insertSession(session)
  const newNetwork = await rememberNetwork(context, person, origin, now)
  if (newNetwork === undefined) {
    await repository.deleteSession(session.id)
    return refuse('PEOPLE_EXPIRED', 'the account was changed at this moment: try again')
  }
  const actor = personActor(person.person, origin, session)
  const payload = { actor, person: person.person.email, method, userAgent: session.userAgent, newNetwork }
  events.publish('people.signed-in', payload, person.person.organisationId)
  return ok({ session: sessionOf(session, person), token: new Secret(token) })
}

async function find(
  context: IdentityContext,
  memory: Memory,
  token: string,
  origin: Origin,
  background: boolean,
): Promise<Session | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const tokenHash = hashOf(token)
  const found = await read(context, memory, tokenHash)
  if (found === undefined) return undefined
  const { stored, person } = found
  const now = context.clock.now()
  const isPrevious = stored.tokenHash !== tokenHash
  if (isPrevious && now >= (stored.previous?.until ?? 0)) return undefined
  const over = now >= stored.until || now >= stored.lastSeenAt + IDLE_MS
  const strange = strangenessOf(stored, origin)
  if (over || strange !== undefined || person.person.state !== 'active') {
    memory.epoch++
    memory.sessions.clear()
    await context.repository.deleteSession(stored.id)
    if (strange !== undefined) tellStrange(context, person, origin, strange)
    return undefined
  }
  const seen = background ? stored : await touch(context, memory, tokenHash, found, now)
  return sessionOf(isPrevious ? { ...seen, steppedUpUntil: 0 } : seen, person)
}

function tellStrange(
  { events }: IdentityContext,
  { person }: StoredPerson,
  { address, userAgent }: Origin,
  reason: string,
): void {
  const payload = { person: person.email, address, userAgent: userAgent.slice(0, MAXIMUM_AGENT), reason }
  events.publish('people.session-refused', payload, person.organisationId)
}

export function sessionView(stored: StoredSession): SessionView {
  const { id, personId, method, address, userAgent, createdAt, lastSeenAt, until } = stored
  return { id, personId, method, address, userAgent, createdAt, lastSeenAt, until }
}

/** Digits change with every update of a browser; the rest does not. */
function familyOf(userAgent: string): string {
  return userAgent.slice(0, MAXIMUM_AGENT).replace(/[\d._]+/g, '')
}

/** Why this is not where the session was made. */
function strangenessOf(stored: StoredSession, origin: Origin): string | undefined {
  if (neighbourhoodOf(stored.address) !== neighbourhoodOf(origin.address)) return 'it came from another network'
  if (familyOf(stored.userAgent) !== familyOf(origin.userAgent)) return 'it came from another browser'
  if (stored.host !== origin.host) return 'it came for another name of this machine'
  return undefined
}

async function read(
  { repository, clock }: IdentityContext,
  memory: Memory,
  tokenHash: string,
): Promise<Remembered | undefined> {
  const now = clock.now()
  const { epoch } = memory
  const before = memory.sessions.touch(tokenHash)
  if (before !== undefined && now - before.readAt < FRESH_MS) return before
  const stored = await repository.sessionByToken(tokenHash)
  const person = stored === undefined ? undefined : await repository.personBy({ id: stored.personId })
  if (stored === undefined || person === undefined) {
    memory.sessions.delete(tokenHash)
    return undefined
  }
  const found = { stored, person, readAt: now }
  if (epoch === memory.epoch) memory.sessions.set(tokenHash, found)
  return found
}

async function touch(
  { repository }: IdentityContext,
  memory: Memory,
  tokenHash: string,
  found: Remembered,
  now: number,
): Promise<StoredSession> {
  if (now - found.stored.lastSeenAt < TOUCH_MS) return found.stored
  const stored = { ...found.stored, lastSeenAt: now }
  if (memory.sessions.has(tokenHash)) memory.sessions.set(tokenHash, { ...found, stored })
  await repository.updateSession(stored.id, { lastSeenAt: now })
  return stored
}

function sessionOf(stored: StoredSession, { person }: StoredPerson): Session {
  const { id, method, createdAt, lastSeenAt, until, steppedUpUntil, mustEnrol, csrf, address, userAgent, host } = stored
  return {
    id,
    person,
    permissions: mustEnrol ? new Set() : permissionsOf(person.role, person.organisationId === undefined),
    method,
    createdAt,
    idleUntil: Math.min(lastSeenAt + IDLE_MS, until),
    until,
    steppedUpUntil,
    mustEnrol,
    csrf,
    origin: { address, userAgent, host },
  }
}

async function endOldest({ repository }: IdentityContext, { personId }: StoredSession): Promise<void> {
  const sessions = (await repository.sessions(personId)).toSorted((a, b) => a.createdAt - b.createdAt)
  for (const { id } of sessions.slice(0, Math.max(0, sessions.length - MAXIMUM_SESSIONS + 1))) {
    await repository.deleteSession(id)
  }
}

/** True: they never signed in from there. Undefined: what they proved it with counts no more. */
async function rememberNetwork(
  context: IdentityContext,
  proved: StoredPerson,
  origin: Origin,
  now: number,
): Promise<boolean | undefined> {
  const network = neighbourhoodOf(origin.address)
  let isNew = false
  const kept = await changePerson<{ readonly code: 'changed' }>(context, proved.person.id, stored => {
    if (stored.person.state !== 'active' || proofsOf(stored) !== proofsOf(proved)) return fail({ code: 'changed' })
    isNew = !stored.networks.some(each => each.network === network)
    const others = stored.networks.filter(each => each.network !== network)
    const networks = [{ network, lastSeenAt: now }, ...others].slice(0, MAXIMUM_NETWORKS)
    return { ok: true, value: { ...stored, networks, person: { ...stored.person, lastSignInAt: now } } }
  })
  return kept.ok ? isNew : undefined
}

function proofsOf({ passkeys, password, totp }: StoredPerson): string {
  return JSON.stringify([passkeys.map(each => each.id), password?.hash, totp?.createdAt])
}
