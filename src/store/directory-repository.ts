/** The directory in tables; HA1 secrets sealed for the device that they belong to. */
import type { Sealer } from '../keys/sealer.ts'
import type { Device, DigestSecrets, DirectoryRepository, Extension, Organisation } from '../directory/types.ts'
import type { Database, Row, Transaction } from './database.ts'
import { createOutsideRepository } from './outside-repository.ts'

/** Rows in one statement of an import. */
const CHUNK = 2_000

export function createDirectoryRepository(database: Database, sealer: Sealer): DirectoryRepository {
  return {
    ...createOutsideRepository(database, sealer),
    load: () => load(database, sealer),
    async insertOrganisation({ id, name, domain, createdAt }) {
      const text = 'INSERT INTO organisations (id, name, domain, created_at) VALUES ($1, $2, $3, $4)'
      await database.query({ text, values: [id, name, domain, createdAt] })
    },
    insertExtension: extension => insertExtensions(database, [extension]),
    async updateExtension({ id, number, name, state, suspendedReason }) {
      const text = 'UPDATE extensions SET number = $2, name = $3, state = $4, suspended_reason = $5 WHERE id = $1'
      await database.query({ text, values: [id, number, name, state, suspendedReason ?? null] })
    },
    deleteExtension: id =>
      database.transaction(async transaction => {
        await transaction.query({ text: 'DELETE FROM bindings WHERE extension_id = $1', values: [id] })
        await transaction.query({ text: 'DELETE FROM extensions WHERE id = $1', values: [id] })
      }),
    insertDevices: devices => database.transaction(transaction => insertDevices(transaction, sealer, devices)),
    insertImported: (extensions, devices) =>
      database.transaction(async transaction => {
        await insertExtensions(transaction, extensions)
        await insertDevices(transaction, sealer, devices)
      }),
    deleteDevice: id =>
      database.transaction(async transaction => {
        await transaction.query({ text: 'DELETE FROM bindings WHERE device_id = $1', values: [id] })
        await transaction.query({ text: 'DELETE FROM devices WHERE id = $1', values: [id] })
      }),
  }
}

async function load(database: Database, sealer: Sealer): ReturnType<DirectoryRepository['load']> {
  const organisations = await database.query({ text: 'SELECT * FROM organisations ORDER BY created_at' })
  const extensions = await database.query({ text: 'SELECT * FROM extensions ORDER BY number' })
  const devices = await database.query({ text: 'SELECT * FROM devices ORDER BY created_at' })
  return {
    organisations: organisations.map(organisationOf),
    extensions: extensions.map(extensionOf),
    devices: devices.map(row => deviceOf(row, sealer)),
  }
}

async function insertExtensions(transaction: Transaction, extensions: readonly Extension[]): Promise<void> {
  for (let start = 0; start < extensions.length; start += CHUNK) {
    const rows = extensions.slice(start, start + CHUNK)
    await transaction.query({
      text: `INSERT INTO extensions (id, organisation_id, number, name, state, suspended_reason, created_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])`,
      values: [
        rows.map(row => row.id),
        rows.map(row => row.organisationId),
        rows.map(row => row.number),
        rows.map(row => row.name),
        rows.map(row => row.state),
        rows.map(row => row.suspendedReason ?? null),
        rows.map(row => row.createdAt),
      ],
    })
  }
}

async function insertDevices(transaction: Transaction, sealer: Sealer, devices: readonly Device[]): Promise<void> {
  for (let start = 0; start < devices.length; start += CHUNK) {
    const rows = devices.slice(start, start + CHUNK)
    await transaction.query({
      text: `INSERT INTO devices (id, organisation_id, extension_id, username, label, sealed_secrets,
          certificate_fingerprint, allow_insecure_imported_secret, created_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
          $8::boolean[], $9::bigint[])`,
      values: [
        rows.map(row => row.id),
        rows.map(row => row.organisationId),
        rows.map(row => row.extensionId),
        rows.map(row => row.username),
        rows.map(row => row.label),
        rows.map(row => sealer.seal(JSON.stringify(row.secrets), sealingContext(row.id))),
        rows.map(row => row.certificateFingerprint ?? null),
        rows.map(row => row.allowInsecureImportedSecret),
        rows.map(row => row.createdAt),
      ],
    })
  }
}

function sealingContext(deviceId: string): string {
  return `devices.sealed_secrets:${deviceId}`
}

function organisationOf(row: Row): Organisation {
  return {
    id: row['id'] as Organisation['id'],
    name: String(row['name']),
    domain: String(row['domain']),
    createdAt: Number(row['created_at']),
  }
}

function extensionOf(row: Row): Extension {
  return {
    id: row['id'] as Extension['id'],
    organisationId: row['organisation_id'] as Extension['organisationId'],
    number: String(row['number']),
    name: String(row['name']),
    state: row['state'] as Extension['state'],
    suspendedReason: (row['suspended_reason'] as string | null) ?? undefined,
    createdAt: Number(row['created_at']),
  }
}

function deviceOf(row: Row, sealer: Sealer): Device {
  const id = row['id'] as Device['id']
  const opened = sealer.open(String(row['sealed_secrets']), sealingContext(id)).toString('utf8')
  const secrets = JSON.parse(opened) as Partial<DigestSecrets>
  return {
    id,
    organisationId: row['organisation_id'] as Device['organisationId'],
    extensionId: row['extension_id'] as Device['extensionId'],
    username: String(row['username']),
    label: String(row['label']),
    secrets: { 'SHA-256': secrets['SHA-256'], MD5: secrets.MD5 },
    certificateFingerprint: (row['certificate_fingerprint'] as string | null) ?? undefined,
    allowInsecureImportedSecret: row['allow_insecure_imported_secret'] === true,
    createdAt: Number(row['created_at']),
  }
}
