/** The key that signs the log: Ed25519, its private half sealed, its public half for everybody. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Sealer } from './sealer.ts'

const CONTEXT = 'event-signing'

export interface SealedSigningKey {
  /** SPKI, PEM. */
  readonly publicKey: string
  readonly sealedPrivateKey: string
}

export function createSigningKey(sealer: Sealer): SealedSigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sealedPrivateKey: sealer.seal(privateKey.export({ type: 'pkcs8', format: 'der' }), CONTEXT),
  }
}

/** Throws KeysError `KEYS_UNSEAL_FAILED`. */
export function openSigningKey(sealer: Sealer, sealedPrivateKey: string): KeyObject {
  const key = sealer.open(sealedPrivateKey, CONTEXT)
  try {
    return createPrivateKey({ key, type: 'pkcs8', format: 'der' })
  } finally {
    key.fill(0)
  }
}
