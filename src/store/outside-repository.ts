/** Trunks, numbers, groups and calling in tables; the passwords of trunks sealed for the trunk that they belong to. */
import { Secret } from '../base/secret.ts'
import type { ExtensionCalling, OrganisationCalling } from '../directory/calling.ts'
import type { OwnedNumber, RingGroup } from '../directory/number.ts'
import type { OutsideRepository, StoredOutside } from '../directory/outside-repository.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Sealer } from '../keys/sealer.ts'
import type { Database, Row } from './database.ts'

export function createOutsideRepository(database: Database, sealer: Sealer): OutsideRepository {
  const write = async (text: string, values: readonly unknown[]): Promise<void> => {
    await database.query({ text, values })
  }
  return {
    loadOutside: () => loadOutside(database, sealer),
    saveTrunk: ({ id, organisationId, name, createdAt, password, ...rest }) =>
      write(SAVE_TRUNK, [id, organisationId, name, createdAt, documentOf(rest), sealed(sealer, id, password)]),
    deleteTrunk: id => write('DELETE FROM trunks WHERE id = $1', [id]),
    saveNumber: ({ id, organisationId, e164, createdAt, ...rest }) =>
      write(SAVE_NUMBER, [id, organisationId, e164, createdAt, documentOf(rest)]),
    deleteNumber: id => write('DELETE FROM owned_numbers WHERE id = $1', [id]),
    saveGroup: ({ id, organisationId, number, createdAt, ...rest }) =>
      write(SAVE_GROUP, [id, organisationId, number, createdAt, documentOf(rest)]),
    deleteGroup: id => write('DELETE FROM ring_groups WHERE id = $1', [id]),
    saveCalling: ({ organisationId, ...rest }) => write(SAVE_CALLING, [organisationId, documentOf(rest)]),
    saveExtensionCalling: ({ extensionId, ...rest }) => write(SAVE_EXTENSION_CALLING, [extensionId, documentOf(rest)]),
  }
}

const SAVE_TRUNK = `
  INSERT INTO trunks (id, organisation_id, name, created_at, document, sealed_password) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document,
    sealed_password = excluded.sealed_password`
const SAVE_NUMBER = `
  INSERT INTO owned_numbers (id, organisation_id, e164, created_at, document) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (id) DO UPDATE SET document = excluded.document`
const SAVE_GROUP = `
  INSERT INTO ring_groups (id, organisation_id, number, created_at, document) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (id) DO UPDATE SET document = excluded.document`
const SAVE_CALLING = `
  INSERT INTO organisation_calling (organisation_id, document) VALUES ($1, $2)
  ON CONFLICT (organisation_id) DO UPDATE SET document = excluded.document`
const SAVE_EXTENSION_CALLING = `
  INSERT INTO extension_calling (extension_id, document) VALUES ($1, $2)
  ON CONFLICT (extension_id) DO UPDATE SET document = excluded.document`

async function loadOutside(database: Database, sealer: Sealer): Promise<StoredOutside> {
  const rows = (table: string, order: string): Promise<readonly Row[]> =>
    database.query({ text: `SELECT * FROM ${table} ORDER BY ${order}` })
  return {
    trunks: (await rows('trunks', 'created_at, id')).map(row => trunkOf(row, sealer)),
    numbers: (await rows('owned_numbers', 'e164')).map(row => ({
      ...kept<OwnedNumber>(row),
      e164: String(row['e164']),
    })),
    groups: (await rows('ring_groups', 'number')).map(row => ({
      ...kept<RingGroup>(row),
      number: String(row['number']),
    })),
    callings: (await rows('organisation_calling', 'organisation_id')).map(row => ({
      ...fromDocument<OrganisationCalling>(row),
      organisationId: row['organisation_id'] as OrganisationCalling['organisationId'],
    })),
    extensionCallings: (await rows('extension_calling', 'extension_id')).map(row => ({
      ...fromDocument<ExtensionCalling>(row),
      extensionId: row['extension_id'] as ExtensionCalling['extensionId'],
    })),
  }
}

function trunkOf(row: Row, sealer: Sealer): Trunk {
  const trunk = { ...kept<Trunk>(row), name: String(row['name']) }
  const password = row['sealed_password']
  if (password === null) return { ...trunk, password: undefined }
  const opened = sealer.open(String(password), sealingContext(trunk.id)).toString('utf8')
  return { ...trunk, password: new Secret(opened) }
}

function sealed(sealer: Sealer, trunkId: string, password: Secret | undefined): string | null {
  return password === undefined ? null : sealer.seal(password.reveal(), sealingContext(trunkId))
}

function sealingContext(trunkId: string): string {
  return `trunks.sealed_password:${trunkId}`
}

/** The document of a row with the columns that every kind has. */
function kept<T>(row: Row): T {
  return {
    ...fromDocument<T>(row),
    id: row['id'],
    organisationId: row['organisation_id'],
    createdAt: Number(row['created_at']),
  }
}

/** JSON knows no undefined: null stands for it, and no field means null. */
function documentOf(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => (value === undefined ? null : value))
}

function fromDocument<T>(row: Row): T {
  const fields = JSON.parse(String(row['document'])) as Record<string, unknown>
  for (const [name, value] of Object.entries(fields)) if (value === null) fields[name] = undefined
  return fields as T
}
