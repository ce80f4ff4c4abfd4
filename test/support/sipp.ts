/**
 * Drives Debian's SIPp 3.6.1, which has no TLS and no SRTP: signalling over the plain listener that exists as an exception.
 *
 * What was found out about it: of several WWW-Authenticate headers it reads the first only, and knows MD5 only, so a challenge
 * has to name MD5 first; with SHA-256 first it ends with an error. sipsak 0.9.8.1 behaves the same.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finished, type RunningProcess, runProcess, startProcess } from './processes.ts'

export interface SippUser {
  readonly username: string
  readonly password: string
  /** Further fields of the injection file: `[field2]` and on. */
  readonly fields?: readonly string[]
}

export interface SippOptions {
  readonly folder: string
  readonly name: string
  /** Path of the scenario. */
  readonly scenario: string
  /** `address:port` of the server. */
  readonly server: string
  readonly localPort: number
  readonly users?: readonly SippUser[]
  /** The digest's `uri` without `sip:`: it has to name what the request is for, where SIPp would put the server's address. */
  readonly digestUri?: string
  /** Calls in all. */
  readonly calls: number
  /** Calls a second. */
  readonly rate?: number
  readonly timeoutSeconds?: number
  readonly keys?: Readonly<Record<string, string>>
  /** Several scenario instances over one socket (`u1`) is the default. */
  readonly extra?: readonly string[]
}

function argumentsFor(options: SippOptions): string[] {
  const args = [options.server, '-sf', options.scenario, '-nostdin', '-i', '127.0.0.1', '-p', String(options.localPort)]
  args.push(
    '-m',
    String(options.calls),
    '-r',
    String(options.rate ?? 10),
    '-timeout',
    String(options.timeoutSeconds ?? 20),
  )
  args.push('-timeout_error', '-trace_err', '-error_file', join(options.folder, `${options.name}-errors.log`))
  if (options.users !== undefined) {
    const file = join(options.folder, `${options.name}.csv`)
    const rows = options.users.map(({ username, password, fields = [] }) =>
      [username, `[authentication username=${username} password=${password}]`, ...fields].join(';'),
    )
    writeFileSync(file, ['SEQUENTIAL', ...rows, ''].join('\n'))
    args.push('-inf', file)
  }
  if (options.digestUri !== undefined) args.push('-auth_uri', options.digestUri)
  for (const [key, value] of Object.entries(options.keys ?? {})) args.push('-key', key, value)
  return [...args, ...(options.extra ?? [])]
}

/** Runs a scenario to its end; code 0 when every call went as the scenario says. */
export function runSipp(options: SippOptions): Promise<Finished> {
  const timeoutMs = 1000 * ((options.timeoutSeconds ?? 20) + 5)
  return runProcess('sipp', argumentsFor(options), { cwd: options.folder, timeoutMs, environment: { TERM: 'dumb' } })
}

/** Starts a scenario that waits for calls. */
export function startSipp(options: SippOptions): RunningProcess {
  return startProcess('sipp', argumentsFor(options), { cwd: options.folder, environment: { TERM: 'dumb' } })
}
