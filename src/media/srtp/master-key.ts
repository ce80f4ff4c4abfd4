/** Fresh master keys for our own side of a session. */
import { randomBytes } from '../../base/random.ts'
import type { Suite } from './suites.ts'

/** Master key and master salt, as `a=crypto` carries them. */
export function newKeyAndSalt(suite: Suite): Buffer {
  return randomBytes(suite.keyAndSaltLength)
}
