/**
 * What stands between two requests of one ceremony travels with the browser, sealed: a stranger who begins thousands of
 * them leaves nothing behind here. Each can be finished once.
 */
import type { Clock } from '../base/clock.ts'
import { randomToken } from '../base/random.ts'
import type { IdentityRepository } from './repository.ts'

export type CeremonyKind = 'sign-in' | 'enrolment' | 'step-up' | 'add-passkey' | 'totp-setup'

export interface CeremonyState {
  /** base64url, 32 random bytes: the WebAuthn challenge. */
  readonly challenge: string
  /** Who it is for: a person or session id, or `-`. */
  readonly subject: string
  /** The host that it began at. */
  readonly host: string
  readonly expiresAt: number
  readonly totpSecret?: string
  /** SHA-256 of the link's token. */
  readonly invitation?: string
}

export interface Ceremonies {
  begin(
    kind: CeremonyKind,
    state: Omit<CeremonyState, 'challenge' | 'expiresAt'>,
    lifetimeMs?: number,
  ): { readonly ceremony: string } & CeremonyState
  /** Undefined: not ours, of another kind, or over. */
  read(kind: CeremonyKind, ceremony: string): CeremonyState | undefined
  /** True once for each ceremony. */
  finish(state: CeremonyState): Promise<boolean>
}

export interface Sealing {
  seal(plain: string, context: string): string
  /** Throws for what was not sealed here in this context. */
  open(sealed: string, context: string): Buffer
}

export const CEREMONY_MS = 5 * 60_000
const LONGEST = 4_096

export function createCeremonies(
  sealing: Sealing,
  clock: Clock,
  repository: Pick<IdentityRepository, 'useOnce'>,
): Ceremonies {
  return {
    begin(kind, state, lifetimeMs = CEREMONY_MS) {
      const whole = { ...state, challenge: randomToken(32), expiresAt: clock.now() + lifetimeMs }
      return { ...whole, ceremony: sealing.seal(JSON.stringify(whole), `ceremony:${kind}`) }
    },
    read(kind, ceremony) {
      if (ceremony.length > LONGEST) return undefined
      try {
        const state = JSON.parse(sealing.open(ceremony, `ceremony:${kind}`).toString('utf8')) as CeremonyState
        return state.expiresAt > clock.now() ? state : undefined
      } catch {
        return undefined
      }
    },
    finish: state => repository.useOnce(state.challenge, state.expiresAt),
  }
}
