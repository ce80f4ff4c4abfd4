/**
 * OpenSSL's EVP functions of the running Node.js, called through `node:ffi` where that exists: a packet then costs about a
 * third of what `createCipheriv` does, and leaves no garbage.
 *
 * What keeps it safe: one context of each kind for a thread, set anew for each packet and never freed, so that nothing can be
 * used after its end; all bytes pass through one block of memory that is never freed either; every length is checked
 * against that block before a call. Where a symbol is missing, or the self-test fails, there is no native OpenSSL.
 */
import type { dlopen, getRawPointer } from 'node:ffi'
import { MAXIMUM_PACKET_LENGTH } from '../rtp/packet.ts'

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
}

export interface NativeOpenssl {
  /** The memory that native code reads and writes; offsets below. */
  readonly memory: Buffer
  /** XORs `[INPUT, INPUT + length)` with AES-CTR keystream of the key and IV at `KEY` and `IV` into `OUTPUT`. False on failure. */
  counterMode(keyLength: 16 | 32, length: number): boolean
  /** HMAC-SHA1 of `[INPUT, INPUT + length)` under the 20 octets at `MAC_KEY`, into `TAG`. */
  hmacSha1(length: number): boolean
  /** AES-GCM of `INPUT` with `AAD` into `OUTPUT`; the tag is written to `TAG`. */
  gcmSeal(keyLength: 16 | 32, aadLength: number, length: number): boolean
  /** The reverse; the tag at `TAG` is checked. False when it does not verify. */
  gcmOpen(keyLength: 16 | 32, aadLength: number, length: number): boolean
}

/** Offsets into the memory, each on its own cache lines. */
export const AT = {
  input: 0,
  output: 2304,
  aad: 4608,
  iv: 6912,
  key: 6976,
  macKey: 7040,
  tag: 7104,
  length: 7168,
} as const
const MEMORY_SIZE = 7232
const CAPACITY = MAXIMUM_PACKET_LENGTH + 64

const GET_TAG = 0x10
const SET_TAG = 0x11
const TAG_LENGTH = 16
const MAC_KEY_LENGTH = 20

const SIGNATURES = {
  EVP_CIPHER_CTX_new: { arguments: [], return: 'pointer' },
  EVP_aes_128_ctr: { arguments: [], return: 'pointer' },
  EVP_aes_256_ctr: { arguments: [], return: 'pointer' },
  EVP_aes_128_gcm: { arguments: [], return: 'pointer' },
  EVP_aes_256_gcm: { arguments: [], return: 'pointer' },
  EVP_EncryptInit_ex: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_EncryptUpdate: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'i32'], return: 'i32' },
  EVP_EncryptFinal_ex: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_DecryptInit_ex: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_DecryptUpdate: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'i32'], return: 'i32' },
  EVP_DecryptFinal_ex: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  EVP_CIPHER_CTX_ctrl: { arguments: ['pointer', 'i32', 'i32', 'pointer'], return: 'i32' },
  EVP_sha1: { arguments: [], return: 'pointer' },
  HMAC_CTX_new: { arguments: [], return: 'pointer' },
  HMAC_Init_ex: { arguments: ['pointer', 'pointer', 'i32', 'pointer', 'pointer'], return: 'i32' },
  HMAC_Update: { arguments: ['pointer', 'pointer', 'u64'], return: 'i32' },
  HMAC_Final: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
} as const

/** Undefined where this runtime has no `node:ffi`, or forbids it, or its OpenSSL lacks a function. */
export function openNativeOpenssl(): NativeOpenssl | undefined {
  try {
    const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined
    return ffi === undefined ? undefined : bindTo(ffi)
  } catch {
    return undefined
  }
}

function bindTo(ffi: Ffi): NativeOpenssl | undefined {
  const { functions: call } = ffi.dlopen(null, SIGNATURES)
  const memory = Buffer.allocUnsafeSlow(MEMORY_SIZE)
  const base = ffi.getRawPointer(memory)
  const at = (offset: number): bigint => base + BigInt(offset)
  const [input, output, aad, iv] = [at(AT.input), at(AT.output), at(AT.aad), at(AT.iv)]
  const [key, macKey, tag, outLength] = [at(AT.key), at(AT.macKey), at(AT.tag), at(AT.length)]
  const none = 0n
  const sizes = Array.from({ length: CAPACITY + 1 }, (_, size) => BigInt(size))

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
  const hmac = call.HMAC_CTX_new()
  memory.fill(0)
  if (hmac === none || call.HMAC_Init_ex(hmac, macKey, MAC_KEY_LENGTH, call.EVP_sha1(), none) !== 1) return undefined

  const fits = (length: number): boolean => length >= 0 && length <= CAPACITY
  return {
    memory,
    counterMode(keyLength, length) {
      const cipher = ctr[keyLength]
      return (
        fits(length) &&
        call.EVP_EncryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_EncryptUpdate(cipher, output, outLength, input, length) === 1
      )
    },
    hmacSha1(length) {
      return (
        fits(length) &&
        call.HMAC_Init_ex(hmac, macKey, MAC_KEY_LENGTH, none, none) === 1 &&
        call.HMAC_Update(hmac, input, sizes[length]!) === 1 &&
        call.HMAC_Final(hmac, tag, outLength) === 1
      )
    },
    gcmSeal(keyLength, aadLength, length) {
      const cipher = seal[keyLength]
      return (
        fits(length) &&
        fits(aadLength) &&
        call.EVP_EncryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_EncryptUpdate(cipher, none, outLength, aad, aadLength) === 1 &&
        (length === 0 || call.EVP_EncryptUpdate(cipher, output, outLength, input, length) === 1) &&
        call.EVP_EncryptFinal_ex(cipher, output, outLength) === 1 &&
        call.EVP_CIPHER_CTX_ctrl(cipher, GET_TAG, TAG_LENGTH, tag) === 1
      )
    },
    gcmOpen(keyLength, aadLength, length) {
      const cipher = open[keyLength]
      return (
        fits(length) &&
        fits(aadLength) &&
        call.EVP_DecryptInit_ex(cipher, none, none, key, iv) === 1 &&
        call.EVP_DecryptUpdate(cipher, none, outLength, aad, aadLength) === 1 &&
        (length === 0 || call.EVP_DecryptUpdate(cipher, output, outLength, input, length) === 1) &&
        call.EVP_CIPHER_CTX_ctrl(cipher, SET_TAG, TAG_LENGTH, tag) === 1 &&
        call.EVP_DecryptFinal_ex(cipher, output, outLength) === 1
      )
    },
  }
}
