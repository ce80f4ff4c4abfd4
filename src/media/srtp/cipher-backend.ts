/** What implements the suites. All back-ends pass the same vectors. */
import { createCounterModeCipher } from './counter-mode-cipher.ts'
import { createGcmCipher } from './gcm-cipher.ts'
import type { PacketCipherFactory } from './packet-cipher.ts'

export interface CipherBackend {
  readonly name: string
  readonly create: PacketCipherFactory
}

/** On `node:crypto` alone; works everywhere. */
const nodeBackend: CipherBackend = {
  name: 'node:crypto',
  create: (suite, keys) => (suite.kind === 'gcm' ? createGcmCipher(keys) : createCounterModeCipher(keys)),
}

/** Those that work here, fastest first. */
export const cipherBackends: readonly CipherBackend[] = [nodeBackend]

export const defaultCiphers: PacketCipherFactory = cipherBackends[0]!.create
