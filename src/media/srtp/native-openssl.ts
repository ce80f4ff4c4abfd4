/**
 * OpenSSL's functions of the running Node.js, called through `node:ffi` where that exists: a packet then costs about a
 * sixth of what `createCipheriv` does, and leaves no garbage.
 *
 * What keeps it safe: one context of each kind for a thread, set anew for each packet and never freed, so that nothing can be
 * used after its end; all bytes lie in one block of memory that is never freed either; every length is checked against that
 * block before a call. Where a symbol is missing, or the self-test fails, there is no native OpenSSL.
 *
 * The HMAC is made of plain SHA-1 over kept states and padding of our own: OpenSSL's own sets up and copies two contexts for
 * each packet, which costs more than three times as much.
 */
import type { dlopen, getRawPointer } from 'node:ffi'
import { MAXIMUM_PACKET_LENGTH, writeUint32 } from '../rtp/packet.ts'

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
}

/** Memory that native code may be given: never freed, never moved. */
export interface PacketMemory {
  readonly bytes: Buffer
  readonly pointer: bigint
}

export interface NativeOpenssl {
  /** The memory that native code reads and writes; offsets below. */
  readonly memory: Buffer
  /** The part of it where a packet is worked on: `PACKET_CAPACITY` octets. */
  readonly packet: PacketMemory
  /** XORs `[from, to)` of the packet with AES-CTR keystream of the key and IV at `key` and `iv`. False on failure. */
  counterMode(keyLength: 16 | 32, from: number, to: number): boolean
  /** The same memory in words of 32 bits. */
  readonly words: Int32Array
  /**
   * The two SHA-1 states of HMAC under a key of at most 64 octets (RFC 2104), after the inner and after the outer pad, into
   * `HMAC_STATE_WORDS` words of `target`.
   */
  hmacStates(key: Uint8Array, target: Int32Array, at: number): boolean
  /** HMAC-SHA1 of the packet's first `length` octets, into `tag`. What lies in the 72 octets behind them is lost. */
  hmacSha1(states: Int32Array, at: number, length: number): boolean
  /** AES-GCM of `[from, to)` of the packet in place, with the `aadLength` octets at `aad`; the tag is written to `tag`. */
  gcmSeal(keyLength: 16 | 32, aadLength: number, from: number, to: number): boolean
  /** The reverse, into `output`; the tag at `tag` is checked. False when it does not verify. */
  gcmOpen(keyLength: 16 | 32, aadLength: number, from: number, to: number): boolean
}

/** Five words each. */
export const HMAC_STATE_WORDS = 10

/** A packet, what protection adds, and SHA-1's padding behind it. */
export const PACKET_CAPACITY = MAXIMUM_PACKET_LENGTH + 128

/** Offsets into the memory, each on its own cache lines. */
export const AT = {
  packet: 0,
  output: 2304,
  aad: 4608,
  iv: 6912,
  key: 6976,
  tag: 7040,
  length: 7104,
  sha1: 7168,
  block: 7296,
} as const
const MEMORY_SIZE = 7424

const GET_TAG = 0x10n
const SET_TAG = 0x11n
const TAG_LENGTH = 16n
const BLOCK = 64
const DIGEST_WORDS = 5
/** `SHA_CTX`: five words of state, two of length, one block, and how much of it is filled: nothing, where only whole blocks go in. */
const SHA1_FILLED = 23
/** The end mark and the length that SHA-1 adds (FIPS 180-4 §5.1.1). */
const SHA1_ENDING = 9

/**
 * Numbers are declared as pointers: on x64 and arm64 both travel in the same registers, and what `node:ffi` does to check an
 * integer costs three times as much as encrypting a packet. All are small and not negative.
 */
const SIGNATURES = {
  EVP_CIPHER_CTX_new: { arguments: [], return: 'pointer' },
  EVP_aes_128_ctr: { arguments: [], return: 'pointer' },
  EVP_aes_256_ctr: { arguments: [], return: 'pointer' },
  EVP_aes_128_gcm: { arguments: [], return: 'pointer' },
  EVP_aes_256_gcm: { arguments: [], return: 'pointer' },
  EVP_EncryptInit_ex: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_EncryptUpdate: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_EncryptFinal_ex: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_DecryptInit_ex: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_DecryptUpdate: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_DecryptFinal_ex: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_CIPHER_CTX_ctrl: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_Cipher: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  SHA1_Init: { arguments: ['pointer'], return: 'i32' },
  SHA1_Update: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
} as const

/** Undefined where this runtime has no `node:ffi`, or forbids it, or its OpenSSL lacks a function. */
export function openNativeOpenssl(): NativeOpenssl | undefined {
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined
  try {
    const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined
    return ffi === undefined ? undefined : bindTo(ffi)
  } catch {
    return undefined
  }
}

function bindTo(ffi: Ffi): NativeOpenssl {
  // Functions come in a dictionary, from which each use would look them up anew.
  const call = { ...ffi.dlopen(null, SIGNATURES).functions }
  const memory = Buffer.allocUnsafeSlow(MEMORY_SIZE).fill(0)
  const base = ffi.getRawPointer(memory)
  const at = (offset: number): bigint => base + BigInt(offset)
  const [aad, iv, key, tag, outLength] = [at(AT.aad), at(AT.iv), at(AT.key), at(AT.tag), at(AT.length)]
  const output = Array.from({ length: PACKET_CAPACITY + 1 }, (_, offset) => at(AT.output + offset))
  const packet = Array.from({ length: PACKET_CAPACITY + 1 }, (_, offset) => at(AT.packet + offset))
  const sizes = Array.from({ length: PACKET_CAPACITY + 1 }, (_, size) => BigInt(size))
  const none = 0n

  const context = (cipher: bigint): bigint => {
    const made = call.EVP_CIPHER_CTX_new()
    if (made === none || cipher === none) throw new Error('OpenSSL made no context')
    if (call.EVP_EncryptInit_ex(made, cipher, none, none, none) !== 1) throw new Error('OpenSSL refused a cipher')
    return made
  }
  const decrypting = (cipher: bigint): bigint => {
    const made = context(cipher)
    if (call.EVP_DecryptInit_ex(made, cipher, none, none, none) !== 1) throw new Error('OpenSSL refused a cipher')
    return made
  }
  const ctr = { 16: context(call.EVP_aes_128_ctr()), 32: context(call.EVP_aes_256_ctr()) }
  const seal = { 16: context(call.EVP_aes_128_gcm()), 32: context(call.EVP_aes_256_gcm()) }
  const open = { 16: decrypting(call.EVP_aes_128_gcm()), 32: decrypting(call.EVP_aes_256_gcm()) }

  /** Whether `[from, to)` lies in the packet. */
  const fits = (from: number, to: number): boolean => from >= 0 && from <= to && to <= PACKET_CAPACITY
  return {
    memory,
    words: new Int32Array(memory.buffer, memory.byteOffset, MEMORY_SIZE / 4),
    packet: { bytes: memory.subarray(AT.packet, AT.packet + PACKET_CAPACITY), pointer: base + BigInt(AT.packet) },
    counterMode(keyLength, from, to) {
      if (!fits(from, to)) return false
      const cipher = ctr[keyLength]
      const place = packet[from]!
      const size = to - from
      return (
        call.EVP_EncryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_Cipher(cipher, place, place, sizes[size]!) === size
      )
    },
    ...hmac(call, memory, at, sizes, packet[0]!),
    gcmSeal(keyLength, aadLength, from, to) {
      if (!fits(from, to) || !fits(0, aadLength)) return false
      const cipher = seal[keyLength]
      const place = packet[from]!
      return (
        call.EVP_EncryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_EncryptUpdate(cipher, none, outLength, aad, sizes[aadLength]!) === 1 &&
        (to === from || call.EVP_EncryptUpdate(cipher, place, outLength, place, sizes[to - from]!) === 1) &&
        call.EVP_EncryptFinal_ex(cipher, output[0]!, outLength) === 1 &&
        call.EVP_CIPHER_CTX_ctrl(cipher, GET_TAG, TAG_LENGTH, tag) === 1
      )
    },
    gcmOpen(keyLength, aadLength, from, to) {
      if (!fits(from, to) || !fits(0, aadLength)) return false
      const cipher = open[keyLength]
      return (
        call.EVP_DecryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_DecryptUpdate(cipher, none, outLength, aad, sizes[aadLength]!) === 1 &&
        (to === from ||
          call.EVP_DecryptUpdate(cipher, output[from]!, outLength, packet[from]!, sizes[to - from]!) === 1) &&
        call.EVP_CIPHER_CTX_ctrl(cipher, SET_TAG, TAG_LENGTH, tag) === 1 &&
        call.EVP_DecryptFinal_ex(cipher, output[to]!, outLength) === 1
      )
    },
  }
}

interface Sha1 {
  SHA1_Init(state: bigint): number
  SHA1_Update(state: bigint, data: bigint, length: bigint): number
}

function hmac(
  call: Sha1,
  memory: Buffer,
  at: (offset: number) => bigint,
  sizes: readonly bigint[],
  packet: bigint,
): Pick<NativeOpenssl, 'hmacStates' | 'hmacSha1'> {
  const [state, block] = [at(AT.sha1), at(AT.block)]
  const blockSize = sizes[BLOCK]!
  const words = new Int32Array(memory.buffer, memory.byteOffset + AT.sha1, SHA1_FILLED + 1)
  /** The words of the state as octets, the first highest. */
  const writeDigest = (offset: number): void => {
    for (let i = 0; i < DIGEST_WORDS; i++) writeUint32(memory, words[i]!, offset + 4 * i)
  }
  const begin = (from: Int32Array, at: number): void => {
    for (let i = 0; i < DIGEST_WORDS; i++) words[i] = from[at + i]!
    words[SHA1_FILLED] = 0
  }
  const padded = (secret: Uint8Array, filling: number, target: Int32Array, at: number): boolean => {
    for (let i = 0; i < BLOCK; i++) memory[AT.block + i] = (secret[i] ?? 0) ^ filling
    const done = call.SHA1_Init(state) === 1 && call.SHA1_Update(state, block, blockSize) === 1
    memory.fill(0, AT.block, AT.block + BLOCK)
    for (let i = 0; i < DIGEST_WORDS; i++) target[at + i] = words[i]!
    return done
  }
  return {
    hmacStates(secret, target, offset) {
      if (secret.length > BLOCK || offset + HMAC_STATE_WORDS > target.length) return false
      return padded(secret, 0x36, target, offset) && padded(secret, 0x5c, target, offset + DIGEST_WORDS)
    },
    hmacSha1(states, offset, length) {
      const end = (length + SHA1_ENDING + BLOCK - 1) & -BLOCK
      if (length < 0 || end > PACKET_CAPACITY) return false
      begin(states, offset)
      endBlocks(memory, AT.packet, length, end)
      if (call.SHA1_Update(state, packet, sizes[end]!) !== 1) return false
      writeDigest(AT.block)
      endBlocks(memory, AT.block, 4 * DIGEST_WORDS, BLOCK)
      begin(states, offset + DIGEST_WORDS)
      if (call.SHA1_Update(state, block, blockSize) !== 1) return false
      writeDigest(AT.tag)
      return true
    },
  }
}

/** Pads `length` octets at `from` to `end`, a multiple of 64. One block of the key went before them. */
function endBlocks(memory: Buffer, from: number, length: number, end: number): void {
  memory[from + length] = 0x80
  for (let i = from + length + 1; i < from + end - 4; i++) memory[i] = 0
  writeUint32(memory, 8 * (BLOCK + length), from + end - 4)
}
