/** Turns rows with known passwords (load tests) into extensions and devices: all rows are good, or none is taken. */
import type { DeviceId, ExtensionId } from '../base/ids.ts'
import { newId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import { checkFreeNumber } from './dialled-rules.ts'
import type { DirectoryContext } from './directory-service.ts'
import {
  checkUsername,
  digestSecrets,
  importedHash,
  MAXIMUM_DEVICES_PER_EXTENSION,
  MAXIMUM_EXTENSIONS,
  MAXIMUM_IMPORT,
  refuse,
} from './rules.ts'
import type { Device, DigestSecrets, DirectoryRefusal, Extension, Organisation } from './types.ts'

/** A password, or at least one HA1. */
export interface ImportedDevice {
  readonly extension: string
  readonly username: string
  readonly password?: string | undefined
  readonly ha1Md5?: string | undefined
  readonly ha1Sha256?: string | undefined
}

export interface PlannedImport {
  readonly extensions: readonly Extension[]
  readonly devices: readonly Device[]
}

type ImportContext = Pick<DirectoryContext, 'index' | 'outside' | 'isEmergencyNumber'>

/** A refusal names the row, counted from 1. */
export function planImport(
  context: ImportContext,
  organisation: Organisation,
  rows: readonly ImportedDevice[],
  now: number,
): Result<PlannedImport, DirectoryRefusal> {
  if (rows.length > MAXIMUM_IMPORT) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_IMPORT} devices in one import; split the file`))
  }
  const plan = { added: new Map<string, Extension>(), usernames: new Set<string>(), counts: new Map<string, number>() }
  const devices: Device[] = []
  for (const [position, row] of rows.entries()) {
    const device = planRow(context, organisation, row, now, plan)
    if (!('id' in device)) return fail(refuse(device.code, `row ${position + 1}: ${device.message}`))
    devices.push(device)
  }
  if (context.index.extensionCount + plan.added.size > MAXIMUM_EXTENSIONS) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_EXTENSIONS} extensions`))
  }
  return ok({ extensions: [...plan.added.values()], devices })
}

interface Plan {
  readonly added: Map<string, Extension>
  readonly usernames: Set<string>
  readonly counts: Map<string, number>
}

function planRow(
  context: ImportContext,
  organisation: Organisation,
  row: ImportedDevice,
  now: number,
  plan: Plan,
): Device | DirectoryRefusal {
  const { index } = context
  const existing = index.extensionByNumber(organisation.id, row.extension)
  const number = existing === undefined ? checkFreeNumber(context, organisation.id, row.extension) : undefined
  const invalid = number ?? checkUsername(row.username)
  if (invalid !== undefined) return invalid
  if (plan.usernames.has(row.username) || index.deviceByUsername(row.username) !== undefined) {
    return refuse('DIRECTORY_USERNAME_EXISTS', `the username ${row.username} exists already`)
  }
  const secrets = secretsOf(row, organisation.domain)
  if ('code' in secrets) return secrets
  const extension = existing ?? plan.added.get(row.extension) ?? newExtension(organisation, row.extension, now)
  const count = plan.counts.get(row.extension) ?? (existing === undefined ? 0 : index.devicesOf(existing.id).length)
  if (count >= MAXIMUM_DEVICES_PER_EXTENSION) {
    return refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_DEVICES_PER_EXTENSION} devices for extension ${row.extension}`)
  }
  plan.counts.set(row.extension, count + 1)
  plan.usernames.add(row.username)
  if (existing === undefined) plan.added.set(row.extension, extension)
  return {
    id: newId<'DeviceId'>(now) satisfies DeviceId,
    organisationId: organisation.id,
    extensionId: extension.id,
    username: row.username,
    label: 'imported',
    secrets,
    certificateFingerprint: undefined,
    allowInsecureImportedSecret: true,
    createdAt: now,
  }
}

function newExtension(organisation: Organisation, number: string, now: number): Extension {
  return {
    id: newId<'ExtensionId'>(now) satisfies ExtensionId,
    organisationId: organisation.id,
    number,
    name: number,
    state: 'active',
    suspendedReason: undefined,
    createdAt: now,
  }
}

function secretsOf(row: ImportedDevice, realm: string): DigestSecrets | DirectoryRefusal {
  if (row.password !== undefined && row.password !== '') {
    if (row.password.length <= 256) return digestSecrets(row.username, realm, row.password)
    return refuse('DIRECTORY_SECRET_INVALID', 'a password has at most 256 characters')
  }
  const md5 = importedHash(row.ha1Md5, 32)
  const sha256 = importedHash(row.ha1Sha256, 64)
  if (typeof md5 === 'object') return md5
  if (typeof sha256 === 'object') return sha256
  if (md5 === undefined && sha256 === undefined) {
    return refuse(
      'DIRECTORY_SECRET_INVALID',
      'a row needs a password, or an HA1 for MD5 (32) or SHA-256 (64 characters)',
    )
  }
  return { 'SHA-256': sha256, MD5: md5 }
}
