/**
 * The `a=crypto` attribute (RFC 4568 §4, §9):
 *
 *     a=crypto:<tag> <suite> inline:<key||salt>[|<lifetime>][|<MKI>:<length>][;inline:…] [<session parameter> …]
 */

export interface CryptoKey {
  /** Master key followed by master salt. */
  readonly keyAndSalt: Buffer
  /** Packets that the key may protect, or undefined for the suite's default. */
  readonly lifetime: number | undefined
  /** Octets of the MKI as each packet carries it, or undefined where none is used. */
  readonly mki: Buffer | undefined
}

export interface CryptoAttribute {
  readonly tag: number
  readonly suite: string
  readonly keys: readonly CryptoKey[]
  /** `KDR=0`, `WSH=64`, `UNENCRYPTED_SRTP` … as written. */
  readonly sessionParameters: readonly string[]
}

const MAXIMUM_KEYS = 4
const MAXIMUM_LIFETIME = 2 ** 48

/** Parses the value after `a=crypto:`. Undefined when it does not follow the grammar. */
export function parseCrypto(value: string): CryptoAttribute | undefined {
  if (value.length > 1024) return undefined
  const [tagText = '', suite = '', keyText = '', ...sessionParameters] = value.trim().split(/[ \t]+/)
  if (!/^\d{1,9}$/.test(tagText) || !/^[A-Za-z0-9_]{1,64}$/.test(suite)) return undefined
  const parts = keyText.split(';')
  if (parts.length > MAXIMUM_KEYS || sessionParameters.length > 16) return undefined
  const keys: CryptoKey[] = []
  for (const part of parts) {
    const key = parseInline(part)
    if (key === undefined) return undefined
    keys.push(key)
  }
  // RFC 4568 §6.1: several keys need an MKI each, all of one length
  const mkiLength = keys[0]!.mki?.length
  if (keys.some(key => key.mki?.length !== mkiLength)) return undefined
  if (keys.length > 1 && mkiLength === undefined) return undefined
  return { tag: Number(tagText), suite, keys, sessionParameters }
}

function parseInline(text: string): CryptoKey | undefined {
  if (text.slice(0, 7).toLowerCase() !== 'inline:') return undefined
  const [keyText = '', ...options] = text.slice(7).split('|')
  if (!/^[A-Za-z0-9+/]{16,128}={0,2}$/.test(keyText) || options.length > 2) return undefined
  let lifetime: number | undefined
  let mki: Buffer | undefined
  for (const option of options) {
    if (option.includes(':')) {
      mki = parseMki(option)
      if (mki === undefined) return undefined
    } else {
      lifetime = parseLifetime(option)
      if (lifetime === undefined || mki !== undefined) return undefined
    }
  }
  return { keyAndSalt: Buffer.from(keyText, 'base64'), lifetime, mki }
}

function parseLifetime(text: string): number | undefined {
  const match = /^(2\^)?(\d{1,15})$/.exec(text)
  if (match === null) return undefined
  const lifetime = match[1] === undefined ? Number(match[2]) : 2 ** Number(match[2])
  return lifetime >= 1 && lifetime <= MAXIMUM_LIFETIME ? lifetime : undefined
}

/** `1:4`: the value 1 in four octets (RFC 4568 §6.1; the RFC allows 128 octets, nobody needs more than 8). */
function parseMki(text: string): Buffer | undefined {
  const match = /^(\d{1,19}):(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const length = Number(match[2])
  const value = BigInt(match[1]!)
  if (length < 1 || length > 8 || value >= 1n << BigInt(8 * length)) return undefined
  const octets = Buffer.alloc(8)
  octets.writeBigUInt64BE(value)
  return octets.subarray(8 - length)
}

/** The value after `a=crypto:` for one key without lifetime and MKI. */
export function formatCrypto(tag: number, suite: string, keyAndSalt: Uint8Array): string {
  return `${tag} ${suite} inline:${Buffer.from(keyAndSalt).toString('base64')}`
}

/** True when every session parameter may be honoured: nothing may weaken the protection or ask for what we lack. */
export function sessionParametersAcceptable(parameters: readonly string[]): boolean {
  for (const parameter of parameters) {
    if (/^KDR=0$/.test(parameter)) continue
    if (/^WSH=\d{1,4}$/.test(parameter)) continue // a hint: our window has 128 packets
    // RFC 4568 §6.3.7: an unknown parameter with a leading "-" may be ignored
    if (parameter.startsWith('-')) continue
    return false
  }
  return true
}
