/** Passkeys (WebAuthn level 3), by the library; what is bound to what is decided here. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { newId, type PersonId } from '../base/ids.ts'
import { fail, ok } from '../base/result.ts'
import type { CeremonyState } from './ceremonies.ts'
import { changePerson, type IdentityContext } from './context.ts'
import type { StoredPasskey, StoredPerson } from './repository.ts'
import type { Origin, Person } from './types.ts'

type RegistrationResponse = Parameters<typeof verifyRegistrationResponse>[0]['response']
type AuthenticationResponse = Parameters<typeof verifyAuthenticationResponse>[0]['response']

const TIMEOUT_MS = 300_000
const MAXIMUM_RESPONSE = 65_536

/** The host that passkeys are bound to: without its port. */
export function rpIdOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

/** Browsers bind passkeys to names, never to addresses. */
export function canHavePasskeys(host: string): boolean {
  const name = rpIdOf(host)
  return !name.startsWith('[') && !/^[\d.]+$/.test(name)
}

/** JSON form of PublicKeyCredentialCreationOptions. */
export function creationOptions(
  serviceName: string,
  person: Person,
  state: Pick<CeremonyState, 'challenge' | 'host'>,
  existing: readonly StoredPasskey[],
): Promise<unknown> {
  return generateRegistrationOptions({
    rpName: serviceName,
    rpID: rpIdOf(state.host),
    userID: new Uint8Array(Buffer.from(person.id, 'utf8')),
    userName: person.email,
    userDisplayName: person.name,
    challenge: new Uint8Array(Buffer.from(state.challenge, 'base64url')),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: existing.map(({ credentialId }) => ({ id: credentialId })),
  })
}

/** JSON form of PublicKeyCredentialRequestOptions. `allowed` undefined: whatever passkey the browser has for this host. */
export function requestOptions(
  state: Pick<CeremonyState, 'challenge' | 'host'>,
  allowed?: readonly StoredPasskey[],
): Promise<unknown> {
  return generateAuthenticationOptions({
    rpID: rpIdOf(state.host),
    challenge: new Uint8Array(Buffer.from(state.challenge, 'base64url')),
    timeout: TIMEOUT_MS,
    userVerification: 'required',
    ...(allowed === undefined ? {} : { allowCredentials: allowed.map(({ credentialId }) => ({ id: credentialId })) }),
  })
}

/** Undefined: it proves nothing. */
export async function verifyCreation(
  response: unknown,
  state: CeremonyState,
  origin: Origin,
  label: string,
  now: number,
): Promise<StoredPasskey | undefined> {
  if (!isResponse(response) || origin.host !== state.host) return undefined
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as unknown as RegistrationResponse,
      expectedChallenge: state.challenge,
      expectedOrigin: `https://${state.host}`,
      expectedRPID: rpIdOf(state.host),
      requireUserVerification: true,
    })
    if (!verified || registrationInfo === undefined || !registrationInfo.userVerified) return undefined
    if (isFramed(response)) return undefined
    const { credential, credentialBackedUp } = registrationInfo
    return {
      id: newId<'PasskeyId'>(now),
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: transportsOf(credential.transports),
      rpId: rpIdOf(state.host),
      label,
      createdAt: now,
      lastUsedAt: undefined,
      backedUp: credentialBackedUp,
    }
  } catch {
    return undefined
  }
}

/** Nobody has a reason to show our pages within their own (WebAuthn §7.1, step 10). Of a response that was verified. */
function isFramed(response: Readonly<Record<string, unknown>>): boolean {
  const { clientDataJSON } = response['response'] as { readonly clientDataJSON: string }
  const said = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as {
    readonly crossOrigin?: unknown
  }
  return said.crossOrigin === true
}

/** As the browser says, unproven. */
function transportsOf(said: unknown): readonly string[] {
  const known = Array.isArray(said) ? said.filter(each => typeof each === 'string' && /^[\w-]{1,32}$/.test(each)) : []
  return known.slice(0, 8)
}

/** The id of the credential that an answer claims to be of. */
export function credentialIdOf(response: unknown): string | undefined {
  if (!isResponse(response)) return undefined
  const { id } = response
  return typeof id === 'string' && /^[\w-]{8,1400}$/.test(id) ? id : undefined
}

/** Whom the authenticator says that it is of (WebAuthn §7.2, step 6), where it says so. */
export function isHandleOf(response: unknown, { id }: Person): boolean {
  const { userHandle } = (response as { readonly response?: { readonly userHandle?: unknown } }).response ?? {}
  return userHandle === undefined || userHandle === null || userHandle === Buffer.from(id, 'utf8').toString('base64url')
}

/** The passkey as it is after its use; undefined: the answer proves nothing. A counter that goes back is a copy (WebAuthn §6.1.1). */
export async function verifyUse(
  response: unknown,
  state: CeremonyState,
  origin: Origin,
  passkey: StoredPasskey,
  now: number,
): Promise<StoredPasskey | undefined> {
  if (!isResponse(response) || origin.host !== state.host || passkey.rpId !== rpIdOf(state.host)) return undefined
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as unknown as AuthenticationResponse,
      expectedChallenge: state.challenge,
      expectedOrigin: `https://${state.host}`,
      expectedRPID: passkey.rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    })
    if (!verified || !authenticationInfo.userVerified || isFramed(response)) return undefined
    const { newCounter, credentialBackedUp } = authenticationInfo
    return { ...passkey, counter: newCounter, lastUsedAt: now, backedUp: credentialBackedUp }
  } catch {
    return undefined
  }
}

/** Undefined: it is gone, or was used meanwhile with a higher counter: one of the two is a copy. */
export async function keepUse(
  context: Pick<IdentityContext, 'repository'>,
  id: PersonId,
  used: StoredPasskey,
): Promise<StoredPerson | undefined> {
  const kept = await changePerson<{ readonly code: 'gone' }>(context, id, stored => {
    const before = stored.passkeys.find(each => each.id === used.id)
    const copied = before !== undefined && used.counter > 0 && before.counter >= used.counter
    if (before === undefined || copied || stored.person.state !== 'active') return fail({ code: 'gone' })
    return ok({ ...stored, passkeys: stored.passkeys.map(each => (each.id === used.id ? used : each)) })
  })
  return kept.ok ? kept.value : undefined
}

function isResponse(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && JSON.stringify(value).length <= MAXIMUM_RESPONSE
}
