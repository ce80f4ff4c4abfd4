/** The only reader of the environment: where data lives by default, and the master key where it is handed in. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../base/secret.ts'

export interface Environment {
  /** Default of `--data`. */
  readonly dataDirectory: string
  /** `RINGFENCE_MASTER_KEY`: 32 bytes as base64 or hexadecimal. */
  readonly masterKey: Secret | undefined
  /** `NO_COLOR` is set and not empty: no colours in what the commands print. */
  readonly noColor: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

export function readEnvironment(variables: Variables = process.env, userId = process.geteuid?.()): Environment {
  const key = variables['RINGFENCE_MASTER_KEY']
  return {
    dataDirectory: defaultDataDirectory(variables, userId),
    masterKey: key === undefined || key === '' ? undefined : new Secret(key),
    noColor: (variables['NO_COLOR'] ?? '') !== '',
  }
}

function defaultDataDirectory(variables: Variables, userId: number | undefined): string {
  if (userId === 0) return '/var/lib/ringfence'
  const dataHome = variables['XDG_DATA_HOME']
  // The XDG Base Directory Specification says to ignore a relative path.
  if (dataHome?.startsWith('/')) return join(dataHome, 'ringfence')
  return join(variables['HOME'] ?? homedir(), '.local', 'share', 'ringfence')
}
