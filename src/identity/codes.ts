/** The codes that stand beside a password: of the authenticator, or one on paper. Each is taken once. */
import type { PersonId } from '../base/ids.ts'
import { fail, ok } from '../base/result.ts'
import { changePerson, type IdentityContext } from './context.ts'
import { hashOfRecoveryCode } from './recovery-codes.ts'
import type { StoredPerson } from './repository.ts'
import { newTotpSecret, offsetOf, skewMessage, TOTP_PERIOD_S, WINDOW } from './totp.ts'

export type Usability =
  | { readonly as: 'totp'; readonly step: number }
  | { readonly as: 'recovery-code'; readonly hash: string }
  /** Of another time: said to who knew the password. */
  | { readonly as: 'skewed'; readonly message: string }
  | { readonly as: 'nothing'; readonly reason: string }

/** Nobody's: what is computed with it takes as long, and comes to nothing. */
const NOBODYS = newTotpSecret()
const LONGEST = 64

/** The same work for everybody; nothing is used up. */
export function usabilityOf(person: StoredPerson | undefined, code: string, now: number): Usability {
  const given = code.slice(0, LONGEST).replace(/\s/g, '')
  const { totp, recoveryCodes = [] } = person ?? {}
  const offset = offsetOf(totp?.secret.reveal() ?? NOBODYS, given, now)
  const hash = hashOfRecoveryCode(given)
  if (totp === undefined) return { as: 'nothing', reason: 'the account has no authenticator' }
  if (!/^\d{6}$/.test(given)) {
    return recoveryCodes.includes(hash) ? { as: 'recovery-code', hash } : { as: 'nothing', reason: 'the code is wrong' }
  }
  if (offset === undefined) return { as: 'nothing', reason: 'the code is wrong' }
  const step = Math.floor(now / 1_000 / TOTP_PERIOD_S) + offset
  if (step <= totp.lastStep) return { as: 'nothing', reason: 'the code was used before' }
  return Math.abs(offset) <= WINDOW ? { as: 'totp', step } : { as: 'skewed', message: skewMessage(offset) }
}

/** The person without it; undefined: somebody was quicker. */
export async function takeCode(
  context: IdentityContext,
  id: PersonId,
  usability: Extract<Usability, { readonly as: 'totp' | 'recovery-code' }>,
): Promise<StoredPerson | undefined> {
  const taken = await changePerson<{ readonly code: 'gone' }>(context, id, stored => {
    if (stored.person.state !== 'active') return fail({ code: 'gone' })
    if (usability.as === 'recovery-code') {
      if (!stored.recoveryCodes.includes(usability.hash)) return fail({ code: 'gone' })
      return ok({ ...stored, recoveryCodes: stored.recoveryCodes.filter(each => each !== usability.hash) })
    }
    if (stored.totp === undefined || usability.step <= stored.totp.lastStep) return fail({ code: 'gone' })
    return ok({ ...stored, totp: { ...stored.totp, lastStep: usability.step } })
  })
  return taken.ok ? taken.value : undefined
}
