/** Reads the configuration: secure defaults, then the file, then the flags. Nothing is guessed: a mistake is refused. */
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import { readEnvironment } from './environment.ts'
import type { ConfigurationError } from './errors.ts'
import { configurationError } from './errors.ts'
import { checkTogether } from './cross-checks.ts'
import { explainIssue } from './explain.ts'
import type { ConfigurationOverrides } from './overrides.ts'
import { settingsOf } from './overrides.ts'
import type { Configuration } from './schema.ts'
import { configurationSchema, defaultDomain } from './schema.ts'

const MAXIMUM_FILE = 1_048_576

export interface LoadOptions {
  /** `--config FILE`. Without it DIR/ringfence.yaml is read if it exists. */
  readonly file?: string | undefined
  readonly overrides?: ConfigurationOverrides
  /** Milliseconds since the epoch; default: the system's time. For the expiry of insecure listeners. */
  readonly now?: number
}

export function loadConfiguration(options: LoadOptions = {}): Result<Configuration, ConfigurationError> {
  const overrides = options.overrides ?? {}
  const now = options.now ?? Date.now()
  const dataDirectory = resolve(overrides.data ?? readEnvironment().dataDirectory)
  const asked = options.file ?? overrides.config
  const file = asked === undefined ? join(dataDirectory, 'ringfence.yaml') : resolve(asked)
  const content = readSettings(file, asked !== undefined)
  if (!content.ok) return content
  const flags = settingsOf(overrides, content.value?.['allowInsecureListeners'], now)
  if (!flags.ok) return flags
  const parsed = configurationSchema.safeParse({ ...content.value, ...flags.value.values })
  if (!parsed.success) return fail(explainIssue(parsed.error.issues[0]!))
  const problem = checkTogether(parsed.data, now)
  if (problem !== undefined) return fail(problem)
  return ok({
    ...parsed.data,
    domain: parsed.data.domain ?? defaultDomain(),
    dataDirectory,
    file: content.value === undefined ? undefined : file,
    overridden: flags.value.names,
  })
}

/** The file's top level; undefined when there is none and none was asked for. */
function readSettings(
  file: string,
  required: boolean,
): Result<Readonly<Record<string, unknown>> | undefined, ConfigurationError> {
  let text: string
  try {
    if (statSync(file).size > MAXIMUM_FILE) {
      return fail(configurationError('CONFIG_FILE_MALFORMED', file, 'is larger than 1 MiB'))
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && !required) return ok(undefined)
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    return fail(configurationError('CONFIG_FILE_UNREADABLE', file, problem, '--config /etc/ringfence/ringfence.yaml'))
  }
  return parseSettings(file, text)
}

function parseSettings(file: string, text: string): Result<Readonly<Record<string, unknown>>, ConfigurationError> {
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 20 })
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined
    const where = line === undefined ? '' : ` in line ${line}`
    return fail(configurationError('CONFIG_FILE_MALFORMED', file, `is not YAML${where}`, 'domain: pbx.example.com'))
  }
  if (value === null || value === undefined) return ok({})
  if (typeof value !== 'object' || Array.isArray(value)) {
    return fail(configurationError('CONFIG_FILE_MALFORMED', file, 'does not hold settings', 'domain: pbx.example.com'))
  }
  return ok(value as Record<string, unknown>)
}
