/** `ringfence device import FILE.csv`: phones with known secrets, for moves from another system and for load tests. */
import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { ImportedDevice } from '../../api/operations.ts'
import { accepted } from '../context.ts'
import { parseCsv } from '../../base/csv.ts'
import { CommandError } from '../errors.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM_BYTES = 32 * 1_048_576

type Column = keyof ImportedDevice | 'ha1'

const COLUMNS: Readonly<Record<string, Column>> = {
  extension: 'extension',
  username: 'username',
  user: 'username',
  password: 'password',
  ha1: 'ha1',
  ha1md5: 'ha1Md5',
  ha1sha256: 'ha1Sha256',
}

const FORMAT = `
The file has one phone a line: extension,username,password. Instead of the password it may hold the HA1, the hash of
username:domain:password, as 32 (MD5) or 64 (SHA-256) hexadecimal characters. A first line with names of columns
(extension, username, password, ha1_md5, ha1_sha256) says it exactly. Extensions that do not exist are added.
Secrets that somebody chose are weaker than ours: these phones are marked allowInsecureImportedSecret in every list.`

export function importCommand(runner: Runner): Command {
  return describeCommand('import', 'add many phones whose user names and secrets are known already', [
    'device import phones.csv',
  ])
    .argument('<file>', 'comma-separated values')
    .addHelpText('after', FORMAT)
    .action(
      runner.action(async (context, [file = '']) => {
        const devices = readDevices(file)
        const imported = await context.withOperations(async operations =>
          accepted(await context.progress('importing', operations.deviceImport({ devices }))),
        )
        if (context.options.json) context.printJson({ ...imported, allowInsecureImportedSecret: true })
        else {
          context.print(`${imported.imported} devices were imported, marked allowInsecureImportedSecret.\n`)
          context.remark('Give phones secrets of ours when you can: ringfence device add, then device remove.\n')
        }
        return undefined
      }),
    )
}

/** Throws CommandError `COMMAND_FILE` that names the line. */
export function readDevices(file: string): readonly ImportedDevice[] {
  let text: string
  try {
    if (statSync(file).size > MAXIMUM_BYTES) throw new Error('it is larger than 32 MiB; split it')
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${file} cannot be read: ${(error as Error).message}`)
  }
  return parseDevices(text, file)
}

export function parseDevices(text: string, file: string): readonly ImportedDevice[] {
  const rows = parseCsv(text)
  if (rows === undefined) throw new CommandError('COMMAND_FILE', `${file}: a quote is opened and never closed`)
  const named = columnsOf(rows[0]?.fields ?? [], file)
  const columns = named ?? ['extension', 'username', undefined]
  const devices = (named === undefined ? rows : rows.slice(1)).map(({ line, fields }) => {
    const device = readDevice(fields, columns)
    if (device === undefined) {
      const text = `${file}, line ${line}: needs extension,username,password; for example 101,desk-101,a-long-password`
      throw new CommandError('COMMAND_FILE', text)
    }
    return device
  })
  if (devices.length === 0) throw new CommandError('COMMAND_FILE', `${file} holds no device`)
  return devices
}

/** Undefined where the first line is no header. */
function columnsOf(fields: readonly string[], file: string): readonly (Column | undefined)[] | undefined {
  const names = fields.map(field => field.toLowerCase().replace(/[^a-z0-9]/g, ''))
  if (!names.includes('extension')) return undefined
  const columns = names.map(name => (Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined))
  if (columns.includes('username') && columns.length > 2) return columns
  throw new CommandError('COMMAND_FILE', `${file}, line 1: names the columns, but username or a secret is missing`)
}

function readDevice(fields: readonly string[], columns: readonly (Column | undefined)[]): ImportedDevice | undefined {
  const values = new Map<Column | undefined, string>()
  for (const [index, column] of columns.entries()) {
    const value = fields[index] ?? ''
    if (value !== '')
      values.set(column ?? (columns.length === 3 && index === 2 ? secretColumn(value) : undefined), value)
  }
  const extension = values.get('extension')
  const username = values.get('username')
  const hash = values.get('ha1')
  const secrets = {
    ...optional('password', values.get('password')),
    ...optional('ha1Md5', values.get('ha1Md5') ?? (hash?.length === 64 ? undefined : hash)),
    ...optional('ha1Sha256', values.get('ha1Sha256') ?? (hash?.length === 64 ? hash : undefined)),
  }
  if (extension === undefined || username === undefined || Object.keys(secrets).length === 0) return undefined
  return { extension, username, ...secrets }
}

/** Without a header: 32 or 64 hexadecimal characters are an HA1, anything else is a password. */
function secretColumn(value: string): Column {
  return /^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64})$/.test(value) ? 'ha1' : 'password'
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: string })
}
