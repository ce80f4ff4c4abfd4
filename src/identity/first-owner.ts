/** Who people are, as they say it; the first owner says it when they enrol. */
import { ok, type Result } from '../base/result.ts'
import { changePerson, type IdentityContext, refuse } from './context.ts'
import type { StoredPerson } from './repository.ts'
import type { IdentityRefusal } from './types.ts'

/** Until they have said who they are. Nobody is invited by this address: it is no name of a machine elsewhere. */
export const FIRST_OWNER = 'owner@localhost'

const EMAIL = /^[^\s@"<>()[\],;:\\\p{Cc}]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u

/** In lower case. */
export function checkEmail(email: string) {
  if (EMAIL.test(email) && email !== FIRST_OWNER) return undefined
  return refuse('PEOPLE_INVALID', 'this is no e-mail address such as ada@example.com', { field: 'email' })
}

export function checkName(name: string) {
  const { length } = [...name]
  if (length >= 1 && length <= 64 && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) return undefined
  return refuse('PEOPLE_INVALID', 'a name is 1 to 64 characters without control characters', { field: 'name' })
}

export function hasNoName({ person }: StoredPerson): boolean {
  return person.email === FIRST_OWNER
}

/** As often as they like until they have enrolled: whoever mistypes an address is not bound to it. */
export async function nameFirstOwner(
  context: IdentityContext,
  stored: StoredPerson,
  who: { readonly email: string; readonly name: string },
): Promise<Result<StoredPerson, IdentityRefusal>> {
  if (stored.invitation?.first !== true) return ok(stored)
  const [email, name] = [who.email.trim().toLowerCase(), who.name.trim()]
  const invalid = checkEmail(email) ?? checkName(name)
  if (invalid !== undefined) return invalid
  const same = await context.repository.personBy({ email })
  if (same !== undefined && same.person.id !== stored.person.id) {
    return refuse('PEOPLE_EXISTS', 'somebody has this e-mail address already', { field: 'email' })
  }
  return changePerson(context, stored.person.id, now => ok({ ...now, person: { ...now.person, email, name } }))
}
