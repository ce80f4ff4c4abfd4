/** Saved searches in a table, each sealed for its place. */
import type { Sealer } from '../../keys/sealer.ts'
import type { SavedSearch, SearchRepository } from '../../search/types.ts'
import type { Database } from '../database.ts'

const LIST = `
  SELECT organisation_id, name, sealed FROM saved_searches WHERE $1::uuid IS NULL OR organisation_id = $1
  ORDER BY name, organisation_id`
const PUT = `
  INSERT INTO saved_searches (organisation_id, name, sealed) VALUES ($1, $2, $3)
  ON CONFLICT (organisation_id, name) DO UPDATE SET sealed = EXCLUDED.sealed`
const REMOVE = 'DELETE FROM saved_searches WHERE organisation_id = $1 AND name = $2 RETURNING name'

export function createSearchRepository(database: Database, sealer: Sealer): SearchRepository {
  const context = (organisationId: string, name: string): string => `search:${organisationId}:${name}`
  return {
    async list(organisationId) {
      const rows = await database.query({ text: LIST, values: [organisationId ?? null] })
      return rows.map(row => {
        const [of, name] = [String(row['organisation_id']), String(row['name'])]
        const opened = sealer.open(String(row['sealed']), context(of, name)).toString('utf8')
        const { tell, ...search } = JSON.parse(opened) as Omit<SavedSearch, 'organisationId' | 'name'>
        return { ...search, organisationId: of as SavedSearch['organisationId'], name, tell }
      })
    },
    async put({ organisationId, name, ...search }) {
      const sealed = sealer.seal(JSON.stringify(search), context(organisationId, name))
      await database.query({ text: PUT, values: [organisationId, name, sealed] })
    },
    async remove(organisationId, name) {
      return (await database.query({ text: REMOVE, values: [organisationId, name] })).length > 0
    },
  }
}
