/** What the command line sets above the file. */
import { isIP } from 'node:net'
import { parseNetwork } from '../base/network.ts'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import type { ConfigurationError } from './errors.ts'
import { configurationError } from './errors.ts'

/** Flags as typed; undefined where not given. */
export interface ConfigurationOverrides {
  readonly data?: string | undefined
  readonly config?: string | undefined
  readonly domain?: string | undefined
  readonly listen?: string | readonly string[] | undefined
  readonly sipTlsPort?: string | number | undefined
  readonly httpsPort?: string | number | undefined
  /** `ADDRESS:PORT`; an IPv6 address in brackets. */
  readonly allowInsecureUdp?: string | undefined
  /** CIDR, several separated by commas. */
  readonly allowInsecureSources?: string | readonly string[] | undefined
}

const EXPIRY = 24 * 3_600_000
const LOOPBACK = ['127.0.0.0/8', '::1/128']

export interface AppliedOverrides {
  readonly values: Readonly<Record<string, unknown>>
  readonly names: readonly string[]
}

/** The flags as settings, to be laid over those of the file. `now` in milliseconds since the epoch. */
export function settingsOf(
  overrides: ConfigurationOverrides,
  fileListeners: unknown,
  now: number,
): Result<AppliedOverrides, ConfigurationError> {
  const values: Record<string, unknown> = {}
  if (overrides.domain !== undefined) values['domain'] = overrides.domain.toLowerCase()
  if (overrides.listen !== undefined) values['listen'] = listOf(overrides.listen)
  for (const [name, flag] of [
    ['sipTlsPort', '--sip-tls-port'],
    ['httpsPort', '--https-port'],
  ] as const) {
    const given = overrides[name]
    if (given === undefined) continue
    const number = portOf(String(given))
    if (number === undefined) {
      return fail(configurationError('CONFIG_INVALID_FLAG', flag, 'is not a port from 0 to 65535', `${flag} 5061`))
    }
    values[name] = number
  }
  if (overrides.allowInsecureUdp !== undefined) {
    const listener = insecureUdp(overrides.allowInsecureUdp, listOf(overrides.allowInsecureSources ?? []), now)
    if (!listener.ok) return listener
    values['allowInsecureListeners'] = [...(Array.isArray(fileListeners) ? fileListeners : []), listener.value]
  } else if (overrides.allowInsecureSources !== undefined) {
    const text = 'needs --allow-insecure-udp beside it'
    const example = '--allow-insecure-udp 192.0.2.10:5060 --allow-insecure-sources 192.0.2.0/24'
    return fail(configurationError('CONFIG_INVALID_FLAG', '--allow-insecure-sources', text, example))
  }
  return ok({ values, names: Object.keys(values) })
}

function listOf(value: string | readonly string[]): string[] {
  const texts = typeof value === 'string' ? [value] : value
  return texts.flatMap(text => text.split(',')).map(text => text.trim())
}

function insecureUdp(text: string, sources: readonly string[], now: number): Result<object, ConfigurationError> {
  const flag = '--allow-insecure-udp'
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? ''
  const port = portOf(match?.[3] ?? '')
  if (isIP(address) === 0 || port === undefined) {
    return fail(configurationError('CONFIG_INVALID_FLAG', flag, 'is not ADDRESS:PORT', `${flag} 127.0.0.1:5060`))
  }
  const loopback = LOOPBACK.some(network => parseNetwork(network)!.includes(address))
  if (!loopback && sources.length === 0) {
    const problem = 'on an address that others reach needs the networks that may use it'
    const example = `${flag} ${text} --allow-insecure-sources 192.0.2.0/24`
    return fail(configurationError('CONFIG_INSECURE_INCOMPLETE', flag, problem, example))
  }
  const wrong = sources.find(source => parseNetwork(source) === undefined)
  if (wrong !== undefined) {
    const name = '--allow-insecure-sources'
    return fail(
      configurationError('CONFIG_INVALID_FLAG', name, 'is not a network in CIDR notation', `${name} 192.0.2.0/24`),
    )
  }
  return ok({
    transport: 'udp',
    address,
    port,
    sources: sources.length === 0 ? LOOPBACK : sources,
    expires: new Date(now + EXPIRY).toISOString(),
  })
}

function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}
