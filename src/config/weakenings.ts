/** Every weakening in force, for the log at start, the status and the posture. */
import type { Configuration } from './schema.ts'

export interface Weakening {
  /** The setting, spelled `allowInsecure…`. */
  readonly option: string
  readonly detail: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined
}

export function weakenings(configuration: Configuration, now = Date.now()): readonly Weakening[] {
  return configuration.allowInsecureListeners
    .filter(listener => listener.expires > now)
    .map(listener => {
      const host = listener.address.includes(':') ? `[${listener.address}]` : listener.address
      const where = `${listener.transport.toUpperCase()} ${host}:${listener.port}`
      return {
        option: 'allowInsecureListeners',
        detail: `plaintext SIP on ${where} for ${listener.sources.join(', ')}`,
        expiresAt: listener.expires,
      }
    })
}
