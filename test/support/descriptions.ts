/** Session descriptions written line by line, and read back the same way: what a phone says and hears, without opinions. */
import { randomBytes } from 'node:crypto'

export interface Stream {
  /** `audio` unless said otherwise. */
  readonly media?: string
  readonly port?: number
  readonly protocol?: string
  readonly formats?: string
  readonly direction?: string
  /** Values of `a=crypto`. Default: AES_CM_128_HMAC_SHA1_80 under tag 1. */
  readonly crypto?: readonly string[]
  /** Further lines, without CRLF. */
  readonly lines?: readonly string[]
}

export interface Described {
  readonly version?: number
  readonly address?: string
}

export function newKey(octets = 30): string {
  return randomBytes(octets).toString('base64')
}

const KEY = newKey()

export function described(streams: readonly Stream[], { version = 1, address = '127.0.0.1' }: Described = {}): string {
  const head = ['v=0', `o=phone 7 ${version} IN IP4 127.0.0.1`, 's=-', `c=IN IP4 ${address}`, 't=0 0']
  return `${[...head, ...streams.flatMap(linesOf)].join('\r\n')}\r\n`
}

function linesOf(stream: Stream): readonly string[] {
  const { media = 'audio', port = 16_000, protocol = 'RTP/SAVP', formats = '0 8', direction, lines = [] } = stream
  const crypto = stream.crypto ?? [`1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`]
  return [
    `m=${media} ${port} ${protocol} ${formats}`,
    ...(port === 0 ? [] : crypto.map(value => `a=crypto:${value}`)),
    ...lines,
    ...(direction === undefined ? [] : [`a=${direction}`]),
  ]
}

export interface HeardStream {
  readonly media: string
  readonly port: number
  readonly protocol: string
  readonly formats: string
  readonly direction: string
  readonly crypto: readonly string[]
  readonly attributes: readonly string[]
}

export interface Heard {
  readonly sessionId: string
  readonly version: number
  readonly streams: readonly HeardStream[]
}

export function heard(body: Uint8Array): Heard {
  const text = Buffer.from(body).toString('latin1')
  const origin = /^o=\S+ (\d+) (\d+) /m.exec(text)
  const [, ...sections] = text.split(/^m=/m)
  return { sessionId: origin?.[1] ?? '', version: Number(origin?.[2]), streams: sections.map(streamOf) }
}

function streamOf(section: string): HeardStream {
  const [first = '', ...rest] = section.trimEnd().split('\r\n')
  const [media = '', port = '', protocol = '', ...formats] = first.split(' ')
  const attributes = rest.filter(line => line.startsWith('a=')).map(line => line.slice(2))
  const direction = attributes.find(each => /^(sendrecv|sendonly|recvonly|inactive)$/.test(each)) ?? 'sendrecv'
  const crypto = attributes.filter(each => each.startsWith('crypto:')).map(each => each.slice(7))
  return { media, port: Number(port), protocol, formats: formats.join(' '), direction, crypto, attributes }
}

/** The `a=crypto` of an answer: the offer's tag for AES_CM_128_HMAC_SHA1_80, with a key of the phone's own. */
export function answerCrypto(offer: HeardStream): readonly string[] {
  const line = offer.crypto.find(each => each.includes(' AES_CM_128_HMAC_SHA1_80 '))
  return [`${line?.split(' ', 1)[0] ?? '1'} AES_CM_128_HMAC_SHA1_80 inline:${KEY}`]
}
