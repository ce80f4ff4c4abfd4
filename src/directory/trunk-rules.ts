/** What the settings of a trunk may be. Encryption is the rule; an exception says so, and names where the peer is. */
import { X509Certificate } from 'node:crypto'
import { isIP, parseNetwork } from '../base/network.ts'
import type { Secret } from '../base/secret.ts'
import type { TrunkSettings } from './outside-changes.ts'
import { isHost, isList, isOneOf, isText, isWhole } from './outside-rules.ts'
import { refuse } from './rules.ts'
import type { DirectoryRefusal } from './types.ts'

const MAXIMUM_SOURCES = 64
const MAXIMUM_CERTIFICATE_NAMES = 16
const MAXIMUM_PEM = 16_384
const MAXIMUM_CALLS = 100_000
const MAXIMUM_CALLS_PER_SECOND = 10_000

export const TRUNK_DEFAULTS: Omit<TrunkSettings, 'host'> = {
  purpose: 'provider',
  state: 'enabled',
  port: undefined,
  transport: 'TLS',
  allowInsecureSignalling: false,
  allowInsecureMedia: false,
  sources: [],
  certificateNames: [],
  certificateAuthority: undefined,
  register: false,
  username: undefined,
  password: undefined,
  domain: undefined,
  priority: 10,
  weight: 10,
  maximumCalls: 100,
  callsPerSecond: 10,
  numberFormat: '+e164',
  signIdentity: false,
}

export const TRUNK_FIELDS = ['host', ...Object.keys(TRUNK_DEFAULTS)] as readonly (keyof TrunkSettings)[]

/** Names in lower case, a host without its brackets or last dot. */
export function normaliseTrunk<T extends TrunkSettings>(settings: T): T {
  const bare = (text: string): string =>
    text
      .trim()
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
  return {
    ...settings,
    host: bare(settings.host),
    domain: settings.domain === undefined ? undefined : bare(settings.domain),
    certificateNames: settings.certificateNames.map(bare),
  }
}

export function checkTrunkName(name: string): DirectoryRefusal | undefined {
  if (/^[a-z0-9-]{1,32}$/.test(name)) return undefined
  return invalid('the name of a trunk is 1 to 32 characters out of a-z, 0-9 and "-"; for example carrier-1')
}

export function checkTrunk(settings: TrunkSettings): DirectoryRefusal | undefined {
  return (
    checkPeer(settings) ??
    checkSources(settings.sources) ??
    checkCertificates(settings) ??
    checkCredentials(settings) ??
    checkOrder(settings) ??
    checkEncryption(settings)
  )
}

function invalid(message: string): DirectoryRefusal {
  return refuse('DIRECTORY_TRUNK_INVALID', message)
}

function checkPeer({
  host,
  port,
  transport,
  purpose,
  state,
  numberFormat,
}: TrunkSettings): DirectoryRefusal | undefined {
  if (!isHost(host) || isNowhere(host)) {
    return invalid('the host of a trunk is a name or an address without port; for example sip.example.net')
  }
  if (port !== undefined && !isWhole(port, 1, 65_535)) return invalid('a port is a number from 1 to 65535')
  if (!isOneOf(transport, ['TLS', 'TCP', 'UDP'])) return invalid('the transport of a trunk is TLS, TCP or UDP')
  if (!isOneOf(purpose, ['provider', 'pbx'])) return invalid('the purpose of a trunk is provider or pbx')
  if (!isOneOf(state, ['enabled', 'disabled'])) return invalid('the state of a trunk is enabled or disabled')
  if (!isOneOf(numberFormat, ['+e164', 'e164', 'national'])) {
    return invalid('the number format of a trunk is +e164, e164 or national')
  }
  return undefined
}

/** Addresses that no peer has: unspecified, broadcast, multicast. */
const NOWHERE = ['0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8'].map(text => parseNetwork(text)!)

function isNowhere(host: string): boolean {
  return isIP(host) !== 0 && NOWHERE.some(network => network.includes(host))
}

/** Networks of one's own may be named whole; of the public ones no more than a provider has. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fc00::/7'].map(text => ({
  network: parseNetwork(text)!,
  length: Number(text.split('/')[1]),
}))
const SHORTEST_PREFIX = { 4: 16, 6: 32 } as const

function checkSources(sources: readonly string[]): DirectoryRefusal | undefined {
  if (!isList(sources, MAXIMUM_SOURCES)) return invalid(`a trunk has at most ${MAXIMUM_SOURCES} sources, each once`)
  for (const source of sources) {
    if (source.length > 64 || parseNetwork(source) === undefined) {
      return invalid('a source of a trunk is an address or a network; for example 192.0.2.10 or 192.0.2.0/28')
    }
    if (isTooWide(source)) {
      const text =
        'is too wide for a source: whoever is in it is heard as the trunk and never banned; name the networks'
      return invalid(`${source} ${text} of the provider (at most /16, or /32 of IPv6), or a private one`)
    }
  }
  return undefined
}

function isTooWide(source: string): boolean {
  const [address = '', length] = source.split('/')
  const family = isIP(address) === 4 ? 4 : 6
  const bits = length === undefined ? 128 : Number(length)
  if (PRIVATE.some(each => each.network.includes(address) && bits >= each.length)) return false
  return bits < SHORTEST_PREFIX[family]
}

function checkCertificates({ certificateNames, certificateAuthority }: TrunkSettings): DirectoryRefusal | undefined {
  if (!isList(certificateNames, MAXIMUM_CERTIFICATE_NAMES) || !certificateNames.every(isHost)) {
    return invalid(
      `the certificate of a trunk has at most ${MAXIMUM_CERTIFICATE_NAMES} names; for example sip.example.net`,
    )
  }
  if (certificateAuthority === undefined) return undefined
  // What is not sealed must hold no key.
  if (certificateAuthority.includes('PRIVATE KEY')) {
    return invalid(
      'the authority of a trunk is a certificate, and this file holds a private key: keep that one to yourself',
    )
  }
  return isPem(certificateAuthority)
    ? undefined
    : invalid('the authority of a trunk is one or more certificates in PEM ("-----BEGIN CERTIFICATE-----")')
}

function isPem(text: string): boolean {
  if (text.length > MAXIMUM_PEM) return false
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) void new X509Certificate(block)
    return blocks.length > 0
  } catch {
    return false
  }
}

function checkCredentials({ register, username, password, domain }: TrunkSettings): DirectoryRefusal | undefined {
  if (username !== undefined && !/^[A-Za-z0-9._~+=*!$&-]{1,128}$/.test(username)) {
    return invalid('the user name of a trunk is what stands before the @: 1 to 128 letters, digits and ._~+=*!$&-')
  }
  if (password !== undefined && !isPassword(password)) {
    return refuse('DIRECTORY_SECRET_INVALID', 'the password of a trunk is 1 to 256 characters of one line')
  }
  if (domain !== undefined && !isHost(domain))
    return invalid('the domain of a trunk is a name; for example example.net')
  if (register && (username === undefined || password === undefined)) {
    return invalid('a trunk that registers needs the user name and the password that its provider gave')
  }
  return undefined
}

function isPassword(password: Secret): boolean {
  const text = password.reveal()
  return isText(text, 256)
}

function checkOrder({ priority, weight, maximumCalls, callsPerSecond }: TrunkSettings): DirectoryRefusal | undefined {
  if (!isWhole(priority, 0, 65_535) || !isWhole(weight, 0, 65_535)) {
    return invalid('priority and weight of a trunk are numbers from 0 to 65535')
  }
  if (!isWhole(maximumCalls, 1, MAXIMUM_CALLS)) return invalid(`a trunk has 1 to ${MAXIMUM_CALLS} calls at once`)
  if (!(callsPerSecond > 0 && callsPerSecond <= MAXIMUM_CALLS_PER_SECOND)) {
    return invalid(`a trunk has more than 0 and at most ${MAXIMUM_CALLS_PER_SECOND} calls per second`)
  }
  return undefined
}

/** An address in plain text proves nothing but that a packet came from there: so where is the least that must be said. */
function checkEncryption(settings: TrunkSettings): DirectoryRefusal | undefined {
  const { transport, allowInsecureSignalling, allowInsecureMedia, sources, host } = settings
  if (transport !== 'TLS' && !allowInsecureSignalling) {
    const text = `${transport} sends numbers, names and keys in the open: use TLS, or say --allow-insecure-signalling`
    return refuse('DIRECTORY_TRUNK_INSECURE', text)
  }
  if (allowInsecureSignalling && sources.length === 0 && isIP(host) === 0) {
    const text = 'signalling without encryption only with a named peer: give its address as the host, or its network'
    return refuse('DIRECTORY_TRUNK_INSECURE', `${text} with --source 192.0.2.0/28`)
  }
  if (allowInsecureMedia && sources.length === 0) {
    const text =
      'sound without encryption only with a named peer: give its address or network with --source 192.0.2.0/28'
    return refuse('DIRECTORY_TRUNK_INSECURE', text)
  }
  return undefined
}
