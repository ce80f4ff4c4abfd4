/** A passkey in memory: what a browser and an authenticator answer (WebAuthn level 3, ES256, no attestation), and what an attacker would change. */
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

export interface PasskeyTricks {
  readonly origin?: string
  readonly challenge?: string
  readonly rpId?: string
  /** Without PIN or finger. */
  readonly unverified?: boolean
  readonly counter?: number
  readonly type?: string
  readonly userHandle?: string
  /** In a frame on a page of another site. */
  readonly framed?: boolean
}

export interface SoftPasskey {
  readonly id: string
  create(options: unknown, origin: string, tricks?: PasskeyTricks): unknown
  get(options: unknown, origin: string, tricks?: PasskeyTricks): unknown
}

const PRESENT = 0x01
const VERIFIED = 0x04
const ATTESTED = 0x40

export function createSoftPasskey(): SoftPasskey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credential = randomBytes(32)
  const id = credential.toString('base64url')
  let counter = 0
  let handle = ''
  return {
    id,
    create(options, origin, tricks = {}) {
      const { challenge, rp, user } = options as { challenge: string; rp: { id: string }; user: { id: string } }
      handle = user.id
      const client = clientData(
        tricks.type ?? 'webauthn.create',
        tricks.challenge ?? challenge,
        tricks.origin ?? origin,
        tricks.framed,
      )
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credential.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, credential, coseKey(publicKey)])
      const data = authenticatorData(tricks.rpId ?? rp.id, flags(tricks) | ATTESTED, 0, attested)
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        cborText('fmt'),
        cborText('none'),
        cborText('attStmt'),
        Buffer.from([0xa0]),
        cborText('authData'),
        cborBytes(data),
      ])
      const response = {
        clientDataJSON: client.toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      }
      return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
    },
    get(options, origin, tricks = {}) {
      const { challenge, rpId } = options as { challenge: string; rpId: string }
      const client = clientData(
        tricks.type ?? 'webauthn.get',
        tricks.challenge ?? challenge,
        tricks.origin ?? origin,
        tricks.framed,
      )
      counter = tricks.counter ?? counter + 1
      const data = authenticatorData(tricks.rpId ?? rpId, flags(tricks), counter)
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
      const signature = createSign('sha256').update(signed).sign(privateKey)
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: tricks.userHandle ?? handle,
      }
      return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
    },
  }
}

function flags({ unverified }: PasskeyTricks): number {
  return PRESENT | (unverified === true ? 0 : VERIFIED)
}

function clientData(type: string, challenge: string, origin: string, crossOrigin = false): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }), 'utf8')
}

function authenticatorData(rpId: string, bits: number, counter: number, rest: Buffer = Buffer.alloc(0)): Buffer {
  const tail = Buffer.alloc(5)
  tail.writeUInt8(bits, 0)
  tail.writeUInt32BE(counter, 1)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), tail, rest])
}

/** COSE_Key of EC2, ES256, P-256 (RFC 9053 §2.1, §7.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const head = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21])
  const [bytesOfX, bytesOfY] = [x, y].map(part => cborBytes(Buffer.from(part, 'base64url')))
  return Buffer.concat([head, bytesOfX!, Buffer.from([0x22]), bytesOfY!])
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text, 'utf8')])
}

function cborBytes(bytes: Buffer): Buffer {
  if (bytes.length < 256) return Buffer.concat([Buffer.from([0x58, bytes.length]), bytes])
  const head = Buffer.alloc(3)
  head.writeUInt8(0x59, 0)
  head.writeUInt16BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
