/** Picks what implements a suite. */
import { createCounterModeCipher } from './counter-mode-cipher.ts'
import { createGcmCipher } from './gcm-cipher.ts'
import type { DerivedKeys } from './key-derivation.ts'
import type { PacketCipher, PacketCipherFactory } from './packet-cipher.ts'
import type { Suite } from './suites.ts'

/** On `node:crypto` alone; works everywhere. */
export const nodeCiphers: PacketCipherFactory = (suite: Suite, keys: DerivedKeys): PacketCipher =>
  suite.kind === 'gcm' ? createGcmCipher(keys) : createCounterModeCipher(keys)
