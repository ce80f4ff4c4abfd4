/** A repository in memory for tests: keeps what a real one would. */
import type { IdentityRepository, PersonKey, StoredApiKey, StoredPerson, StoredSession } from './repository.ts'

export function createFakeIdentityRepository(): IdentityRepository & { failing: boolean } {
  const people = new Map<string, StoredPerson>()
  const sessions = new Map<string, StoredSession>()
  const keys = new Map<string, StoredApiKey>()
  const used = new Map<string, number>()
  const state = { failing: false }
  const reach = (): void => {
    if (state.failing) throw Object.assign(new Error('the store is away'), { code: 'STORE_UNAVAILABLE' })
  }
  const find = (key: PersonKey): StoredPerson | undefined => [...people.values()].find(each => isNamed(each, key))
  return {
    get failing() {
      return state.failing
    },
    set failing(value) {
      state.failing = value
    },
    async people({ organisationId, role } = {}) {
      reach()
      return [...people.values()].filter(
        ({ person }) =>
          (organisationId === undefined || person.organisationId === organisationId) &&
          (role === undefined || person.role === role),
      )
    },
    async countPeople() {
      reach()
      return people.size
    },
    async personBy(key) {
      reach()
      return find(key)
    },
    async insertPerson(person) {
      reach()
      if (find({ email: person.person.email }) !== undefined) return false
      refuseTaken(people, person)
      people.set(person.person.id, person)
      return true
    },
    async replacePerson(person) {
      reach()
      if (people.get(person.person.id)?.version !== person.version - 1) return false
      refuseTaken(people, person)
      people.set(person.person.id, person)
      return true
    },
    async deletePerson(id) {
      reach()
      people.delete(id)
      for (const session of sessions.values()) if (session.personId === id) sessions.delete(session.id)
    },
    async insertSession(session) {
      reach()
      sessions.set(session.id, session)
    },
    async sessionByToken(hash) {
      reach()
      return [...sessions.values()].find(each => each.tokenHash === hash || each.previous?.tokenHash === hash)
    },
    async session(id) {
      reach()
      return sessions.get(id)
    },
    async updateSession(id, change) {
      reach()
      const before = sessions.get(id)
      if (before === undefined) return
      const lastSeenAt = Math.max(before.lastSeenAt, change.lastSeenAt ?? 0)
      sessions.set(id, { ...before, ...change, lastSeenAt })
    },
    async renewSession(id, tokenHash, until) {
      reach()
      const before = sessions.get(id)
      if (before === undefined) return false
      sessions.set(id, { ...before, tokenHash, previous: { tokenHash: before.tokenHash, until } })
      return true
    },
    async sessions(personId) {
      reach()
      return [...sessions.values()].filter(each => personId === undefined || each.personId === personId)
    },
    async deleteSession(id) {
      reach()
      return sessions.delete(id)
    },
    async deleteSessionsOf(personId, except) {
      reach()
      for (const each of sessions.values())
        if (each.personId === personId && each.id !== except) sessions.delete(each.id)
    },
    async deleteExpired(now, idleSince) {
      reach()
      for (const each of sessions.values())
        if (each.until <= now || each.lastSeenAt <= idleSince) sessions.delete(each.id)
      for (const [id, until] of used) if (until <= now) used.delete(id)
    },
    async useOnce(id, until) {
      reach()
      if (used.has(id)) return false
      used.set(id, until)
      return true
    },
    async apiKeys() {
      reach()
      return [...keys.values()]
    },
    async apiKey(id) {
      reach()
      return keys.get(id)
    },
    async insertApiKey(key) {
      reach()
      keys.set(key.id, key)
    },
    async touchApiKey(id, lastUsedAt) {
      reach()
      const key = keys.get(id)
      if (key !== undefined) keys.set(id, { ...key, lastUsedAt })
    },
    async deleteApiKey(id) {
      reach()
      return keys.delete(id)
    },
  }
}

function refuseTaken(people: ReadonlyMap<string, StoredPerson>, { person, passkeys, subjects }: StoredPerson): void {
  const keys: readonly PersonKey[] = [...passkeys.map(({ credentialId }) => ({ credentialId })), ...subjects]
  const others = [...people.values()].filter(each => each.person.id !== person.id)
  if (!others.some(each => keys.some(key => isNamed(each, key)))) return
  throw Object.assign(new Error('it is a key of somebody else'), { code: 'STORE_WRITE_REFUSED' })
}

function isNamed({ person, passkeys, invitation, subjects }: StoredPerson, key: PersonKey): boolean {
  if ('id' in key) return person.id === key.id
  if ('email' in key) return person.email === key.email
  if ('credentialId' in key) return passkeys.some(each => each.credentialId === key.credentialId)
  if ('invitation' in key) return invitation?.hash === key.invitation
  return subjects.some(each => each.issuer === key.issuer && each.subject === key.subject)
}
