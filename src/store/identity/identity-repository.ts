/** People, sessions and keys of programs in tables; the secrets of authenticators sealed for the person that they belong to. */
import type { IdentityRepository } from '../../identity/repository.ts'
import type { Sealer } from '../../keys/sealer.ts'
import type { Database } from '../database.ts'
import { createApiKeyRows } from './api-key-rows.ts'
import { createPersonRows } from './person-rows.ts'
import { createSessionRows } from './session-rows.ts'

export function createIdentityRepository(database: Database, sealer: Sealer): IdentityRepository {
  return { ...createPersonRows(database, sealer), ...createSessionRows(database), ...createApiKeyRows(database) }
}
