/** People in memory: a world with a clock, an owner with a passkey, and others with a password. */
import assert from 'node:assert/strict'
import { Secret as Key, TOTP } from 'otpauth'
import { createSoftPasskey, type PasskeyTricks } from './soft-passkey.ts'
import { ManualClock } from '../../src/base/clock.ts'
import type { Result } from '../../src/base/result.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import { createSealer } from '../../src/keys/sealer.ts'
import { randomBytes } from '../../src/base/random.ts'
import { createFakeIdentityRepository } from '../../src/identity/fake-repository.ts'
import type { IdentityRepository } from '../../src/identity/repository.ts'
import { createIdentity } from '../../src/identity/identity.ts'
import type { Asker, IdentityRefusal, Origin, Role, SignedIn } from '../../src/identity/types.ts'

export const HOST = 'phones.example.com:8443'
export const ORIGIN = `https://${HOST}`
export const HERE: Origin = { address: '192.0.2.7', userAgent: 'Mozilla/5.0 Firefox/140.0', host: HOST }
export const ELSEWHERE: Origin = { ...HERE, address: '198.51.100.9' }
export const GOOD = 'correct horse battery staple'
export const MINUTE = 60_000
export const MACHINE: Asker = { actor: { kind: 'operator', name: 'root' }, organisationId: undefined, role: 'machine' }

/** `through`: what stands before the repository. */
export function world(through: (repository: IdentityRepository) => IdentityRepository = each => each) {
  const clock = new ManualClock(Date.UTC(2026, 10, 23, 12))
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(event => void events.push(event))
  const repository = createFakeIdentityRepository()
  const sealing = createSealer(randomBytes(32))
  const identity = createIdentity({
    repository: through(repository),
    clock,
    events: bus,
    sealing,
    serviceName: 'Example',
    baseUrl: () => ORIGIN,
  })
  return { clock, events, repository, identity, typesOf: () => events.map(each => each.type) }
}

export type World = ReturnType<typeof world>

export function got<T>(result: Result<T, IdentityRefusal>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`)
  return result.value
}

export function codeOf(result: Result<unknown, IdentityRefusal>): string {
  return result.ok ? 'accepted' : result.error.code
}

export const tokenOf = (url: string): string => url.slice(url.indexOf('#') + 1)

export function codeAt(secret: string, now: number): string {
  return new TOTP({ secret: Key.fromBase32(secret) }).generate({ timestamp: now })
}

export async function owner({ identity }: World) {
  const link = await identity.firstOwnerLink()
  assert.ok(link !== undefined)
  const who = { email: 'Ada@Example.com', name: 'Ada' }
  const enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE, who))
  const passkey = createSoftPasskey()
  const response = passkey.create(enrolment.passkey, ORIGIN)
  const signedIn = got(await identity.enrolPasskey({ enrolment: enrolment.enrolment, response, label: 'Laptop' }, HERE))
  return { signedIn, passkey, asker: askerOf(signedIn) }
}

export function askerOf({ session }: SignedIn): Asker {
  const { person } = session
  const actor = { kind: 'person', name: person.email, id: person.id } as const
  return { actor, organisationId: person.organisationId, role: person.role }
}

export async function withPassword(
  world: World,
  asker: Asker,
  email = 'bob@example.com',
  role: Role = 'administrator',
) {
  const { identity, clock } = world
  const link = got(
    await identity.invite(asker, { organisationId: asker.organisationId, email, name: 'Bob', role, extension: '101' }),
  )
  const enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  const code = codeAt(enrolment.totp.secret, clock.now())
  const done = got(await identity.enrolPassword({ enrolment: enrolment.enrolment, password: GOOD, code }, HERE))
  clock.advance(MINUTE)
  return { signedIn: done, secret: enrolment.totp.secret, codes: done.recoveryCodes, email }
}

/** What an attacker would change in an answer of a passkey. */
export const TRICKS: Readonly<Record<string, PasskeyTricks>> = {
  'another origin': { origin: 'https://phones.example.com.attacker.example' },
  'another challenge': { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
  'another rpId': { rpId: 'attacker.example' },
  'no user verification': { unverified: true },
  'another type': { type: 'webauthn.else' },
  'a frame on a page of another site': { framed: true },
}
