/** What the operator at the machine does with keys of programs. */
import type { OperationResult } from '../api/operations.ts'
import type { ApiKeyRow, PeopleOperations } from '../api/people-operations.ts'
import { type ApiKeyView, PERMISSIONS } from '../identity/types.ts'
import type { OperationsOptions } from './operations.ts'
import { came, domainOf, type Machine, organisationOf, withoutIdentity } from './operations-people-parts.ts'
import { attempt, refused } from './operations-result.ts'

type ApiKeys = Pick<PeopleOperations, 'apiKeyList' | 'apiKeyAdd' | 'apiKeyRemove'>

export function apiKeyOperations(options: OperationsOptions, machine: Machine | undefined): ApiKeys {
  if (machine === undefined) {
    const away = <T>(): Promise<OperationResult<T>> => withoutIdentity(options)
    return { apiKeyList: away, apiKeyAdd: away, apiKeyRemove: away }
  }
  const { identity, asker } = machine
  return {
    apiKeyList: () => attempt(async () => (await identity.apiKeys(asker)).map(each => keyRow(options, each))),
    async apiKeyAdd({ name, scopes, networks, seconds, organisation }) {
      const where = organisationOf(options, organisation)
      if (!where.ok) return refused(where.error)
      const expiresAt = options.clock.now() + seconds * 1_000
      const input = { organisationId: where.value?.id, name, scopes, networks, expiresAt }
      return came(identity.addApiKey(asker, new Set(PERMISSIONS), input), ({ key, secret }) => ({
        ...keyRow(options, key),
        secret: secret.reveal(),
      }))
    },
    async apiKeyRemove({ key }) {
      const all = await attempt(() => identity.apiKeys(asker))
      if (!all.ok) return all
      const byId = all.value.filter(each => each.id === key)
      const meant = byId.length > 0 ? byId : all.value.filter(each => each.name === key)
      const [found] = meant
      if (found === undefined || meant.length > 1) {
        const message =
          found === undefined
            ? `there is no key ${key}; ringfence api-key list shows those that exist`
            : `${meant.length} keys are called ${key}: remove one by its id`
        return refused({ code: 'PEOPLE_UNKNOWN', message })
      }
      return came(identity.removeApiKey(asker, found.id), () => ({ id: found.id, name: found.name }))
    },
  }
}

function keyRow(options: OperationsOptions, key: ApiKeyView): ApiKeyRow {
  const { id, name, organisationId, scopes, networks, createdAt, createdBy, expiresAt, lastUsedAt } = key
  const organisation = domainOf(options, organisationId)
  return { id, name, organisation, scopes, networks, createdAt, createdBy, expiresAt, lastUsedAt: lastUsedAt ?? null }
}
