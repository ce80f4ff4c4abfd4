/** Keys of programs: what they may do is listed, they end by themselves, and nobody can read one a second time. */
import { BoundedMap } from '../base/bounded.ts'
import { newId, type ApiKeyId } from '../base/ids.ts'
import { inAnyNetwork, parseNetwork } from '../base/network.ts'
import { randomToken } from '../base/random.ts'
import { ok } from '../base/result.ts'
import { constantTimeEqual, Secret } from '../base/secret.ts'
import { hashOf, type IdentityContext, refuse } from './context.ts'
import type { StoredApiKey } from './repository.ts'
import { isForInstallation, isForPeopleOnly } from './roles.ts'
import type { ApiKeyView, Asker, Identity, NewApiKey, Origin, Outcome, Permission } from './types.ts'

type ApiKeys = Pick<Identity, 'apiKeys' | 'addApiKey' | 'removeApiKey' | 'apiKey'>

const PREFIX = 'rfk'
const MAXIMUM_KEYS = 1_000
const MAXIMUM_NETWORKS = 64
const LONGEST_MS = 366 * 86_400_000
const FRESH_MS = 2_000
const TOUCH_MS = 60_000
const BEARER = new RegExp(`^${PREFIX}_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})_([\\w-]{43})$`)

export function createApiKeys(context: IdentityContext): ApiKeys {
  const { repository, clock, events } = context
  const remembered = new BoundedMap<string, { readonly key: StoredApiKey; readonly readAt: number }>(MAXIMUM_KEYS)
  return {
    async apiKeys(asker) {
      return (await repository.apiKeys()).filter(each => sees(asker, each)).map(view)
    },
    addApiKey: (asker, permissions, input) => context.serially(() => add(context, asker, permissions, input)),
    async removeApiKey(asker, id) {
      const key = await repository.apiKey(id)
      if (key === undefined || !sees(asker, key)) return refuse('PEOPLE_UNKNOWN', 'there is no such key')
      await repository.deleteApiKey(id)
      remembered.delete(id)
      events.publish('people.api-key-removed', { actor: asker.actor, key: key.name }, key.organisationId)
      return ok(undefined)
    },
    async apiKey(bearer, origin) {
      const [, id = '', secret = ''] = BEARER.exec(bearer) ?? []
      if (id === '') return undefined
      const now = clock.now()
      const before = remembered.touch(id)
      const fresh = before !== undefined && now - before.readAt < FRESH_MS
      const key = fresh ? before.key : await repository.apiKey(id as ApiKeyId)
      if (key === undefined || !constantTimeEqual(key.hash, hashOf(secret))) return undefined
      const refused = refusalOf(key, origin, now)
      if (refused !== undefined) {
        if (!context.attempts.mayTell(origin.address, now)) return undefined
        events.publish(
          'people.api-key-refused',
          { key: key.name, address: origin.address, reason: refused },
          key.organisationId,
        )
        return undefined
      }
      if (!fresh) remembered.set(id, { key, readAt: now })
      if (now - (key.lastUsedAt ?? 0) >= TOUCH_MS) {
        remembered.set(id, { key: { ...key, lastUsedAt: now }, readAt: now })
        await repository.touchApiKey(key.id, now)
      }
      return view(key)
    },
  }
}

function refusalOf({ expiresAt, networks }: StoredApiKey, { address }: Origin, now: number): string | undefined {
  if (expiresAt <= now) return 'it is over'
  const allowed = networks.flatMap(text => parseNetwork(text) ?? [])
  return networks.length > 0 && !inAnyNetwork(address, allowed)
    ? 'it came from a network that it is not for'
    : undefined
}

async function add(
  context: IdentityContext,
  asker: Asker,
  permissions: ReadonlySet<Permission>,
  input: NewApiKey,
): Outcome<{ readonly key: ApiKeyView; readonly secret: Secret }> {
  const { repository, clock, events } = context
  const now = clock.now()
  const invalid = check(asker, permissions, input, now)
  if (invalid !== undefined) return invalid
  if ((await repository.apiKeys()).length >= MAXIMUM_KEYS) {
    return refuse('PEOPLE_INVALID', `there are ${MAXIMUM_KEYS} keys already: remove one first`)
  }
  const secret = randomToken(32)
  const key: StoredApiKey = {
    id: newId<'ApiKeyId'>(now),
    organisationId: input.organisationId,
    name: input.name.trim(),
    scopes: [...new Set(input.scopes)],
    networks: input.networks,
    createdAt: now,
    createdBy: asker.actor.name,
    expiresAt: input.expiresAt,
    lastUsedAt: undefined,
    hash: hashOf(secret),
  }
  await repository.insertApiKey(key)
  const { name, scopes, networks, expiresAt, organisationId } = key
  events.publish('people.api-key-added', { actor: asker.actor, key: name, scopes, networks, expiresAt }, organisationId)
  return ok({ key: view(key), secret: new Secret(`${PREFIX}_${key.id}_${secret}`) })
}

function check(asker: Asker, permissions: ReadonlySet<Permission>, input: NewApiKey, now: number) {
  const { name, scopes, networks, expiresAt, organisationId } = input
  if (!/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,64}$/u.test(name.trim())) {
    return refuse('PEOPLE_INVALID', 'a name is 1 to 64 characters; for example "monitoring"', { field: 'name' })
  }
  if (scopes.length === 0)
    return refuse('PEOPLE_INVALID', 'a key that may do nothing is no use: name its scopes', { field: 'scopes' })
  const notGiven = scopes.find(scope => !permissions.has(scope))
  if (notGiven !== undefined) return refuse('PEOPLE_FORBIDDEN', `you have no ${notGiven} yourself`, { field: 'scopes' })
  const forPeople = scopes.find(isForPeopleOnly)
  if (forPeople !== undefined) return refuse('PEOPLE_FORBIDDEN', `${forPeople} is for people only`, { field: 'scopes' })
  const wide = organisationId === undefined ? undefined : scopes.find(isForInstallation)
  if (wide !== undefined)
    return refuse('PEOPLE_FORBIDDEN', `${wide} concerns more than one organisation`, { field: 'scopes' })
  if (networks.length > MAXIMUM_NETWORKS || networks.some(text => parseNetwork(text) === undefined)) {
    return refuse('PEOPLE_INVALID', 'networks are addresses such as 192.0.2.7 or 192.0.2.0/24, at most 64', {
      field: 'networks',
    })
  }
  if (!(expiresAt > now && expiresAt <= now + LONGEST_MS)) {
    return refuse('PEOPLE_INVALID', 'a key ends within a year: then make a new one', { field: 'expiresAt' })
  }
  if (asker.role !== 'machine' && asker.organisationId !== undefined && organisationId !== asker.organisationId) {
    return refuse('PEOPLE_FORBIDDEN', 'a key is for your own organisation only', { field: 'organisationId' })
  }
  return undefined
}

function sees({ role, organisationId }: Asker, key: ApiKeyView): boolean {
  return role === 'machine' || organisationId === undefined || key.organisationId === organisationId
}

function view({ hash: _hash, ...key }: StoredApiKey): ApiKeyView {
  return key
}
