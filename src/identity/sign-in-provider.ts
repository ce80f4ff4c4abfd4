/** Single sign-on: the provider has proved who it is and that a second factor was used; the room `oidc` saw to it. */
import { ok } from '../base/result.ts'
import { changePerson, type IdentityContext, MAXIMUM_EMAIL, refuse } from './context.ts'
import type { StoredPerson } from './repository.ts'
import type { Sessions } from './sessions.ts'
import type { Identity, Origin } from './types.ts'

const MAXIMUM_SUBJECTS = 8

type Failed = (
  context: IdentityContext,
  origin: Origin,
  method: string,
  reason: string,
  person?: StoredPerson,
  typed?: string,
) => ReturnType<typeof refuse>

export function createSignInProvider(
  context: IdentityContext,
  sessions: Sessions,
  failed: Failed,
): Identity['signInProvider'] {
  const { repository } = context
  return async ({ provider, issuer, subject, email: given }, origin) => {
    const email = given.trim().toLowerCase().slice(0, MAXIMUM_EMAIL)
    const bound = await repository.personBy({ issuer, subject })
    const person = bound ?? (await repository.personBy({ email }))
    const refused = (reason: string) => failed(context, origin, `oidc ${provider}`, reason, person, email)
    if (person === undefined) return refused('nobody here has this address')
    const other = bound === undefined && person.subjects.some(each => each.issuer === issuer)
    if (other) return refused('the address belongs to another account of this provider')
    // Without a factor of their own nobody is active; an invitation is accepted by its link.
    if (person.person.state !== 'active') return refused(`the account is ${person.person.state}`)
    if (bound !== undefined) return sessions.begin(person, 'oidc', origin)
    const kept = await changePerson(context, person.person.id, stored => {
      if (stored.subjects.length >= MAXIMUM_SUBJECTS || stored.subjects.some(each => each.issuer === issuer)) {
        return refuse('PEOPLE_WRONG_CREDENTIALS', 'the account has another subject of this provider')
      }
      return ok({ ...stored, subjects: [...stored.subjects, { issuer, subject }] })
    })
    return kept.ok ? sessions.begin(kept.value, 'oidc', origin) : refused(kept.error.message)
  }
}
