/** Rows of the keys of programs. */
import type { IdentityRepository, StoredApiKey } from '../../identity/repository.ts'
import { isUuid } from '../columns.ts'
import type { Database, Row } from '../database.ts'
import { documentOf, fromDocument } from './documents.ts'

type ApiKeyRows = Pick<IdentityRepository, 'apiKeys' | 'apiKey' | 'insertApiKey' | 'touchApiKey' | 'deleteApiKey'>

const INSERT = `
  INSERT INTO api_keys (id, organisation_id, hash, created_at, expires_at, last_used_at, document)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`

export function createApiKeyRows(database: Database): ApiKeyRows {
  const run = (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    database.query({ text, values })
  return {
    async apiKeys() {
      return (await run('SELECT * FROM api_keys ORDER BY created_at, id')).map(storedApiKey)
    },
    async apiKey(id) {
      const [row] = isUuid(id) ? await run('SELECT * FROM api_keys WHERE id = $1', [id]) : []
      return row === undefined ? undefined : storedApiKey(row)
    },
    async insertApiKey({ id, organisationId, hash, createdAt, expiresAt, lastUsedAt, ...others }) {
      const used = lastUsedAt === undefined ? null : Math.floor(lastUsedAt)
      const times = [Math.floor(createdAt), Math.floor(expiresAt), used]
      await run(INSERT, [id, organisationId ?? null, hash, ...times, documentOf(others)])
    },
    async touchApiKey(id, lastUsedAt) {
      await run('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [id, Math.floor(lastUsedAt)])
    },
    async deleteApiKey(id) {
      return isUuid(id) && (await run('DELETE FROM api_keys WHERE id = $1 RETURNING id', [id])).length > 0
    },
  }
}

function storedApiKey(row: Row): StoredApiKey {
  return {
    ...fromDocument(row['document']),
    id: row['id'],
    organisationId: row['organisation_id'] ?? undefined,
    hash: String(row['hash']),
    createdAt: Number(row['created_at']),
    expiresAt: Number(row['expires_at']),
    lastUsedAt: row['last_used_at'] === null ? undefined : Number(row['last_used_at']),
  } as StoredApiKey
}
