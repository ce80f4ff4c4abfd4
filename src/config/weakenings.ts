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
  return [
    ...listeners(configuration, now),
    ...mail(configuration),
    ...homer(configuration),
    ...collector(configuration),
  ]
}

function mail({ alerts }: Configuration): readonly Weakening[] {
  if (alerts.mail?.allowInsecurePlaintext !== true) return []
  const detail = `alerts go to ${alerts.mail.host} in clear, with the links that take a decision back`
  return [{ option: 'alerts.mail.allowInsecurePlaintext', detail, expiresAt: undefined }]
}

function homer({ trace }: Configuration): readonly Weakening[] {
  const to = trace.homer
  const option = to?.allowInsecureUdp === true ? 'Udp' : to?.allowInsecurePlaintext === true ? 'Plaintext' : undefined
  if (to === undefined || option === undefined) return []
  const detail = `the messages of all calls go to ${to.host}:${to.port} in clear, with who called whom`
  return [{ option: `trace.homer.allowInsecure${option}`, detail, expiresAt: undefined }]
}

function collector({ trace }: Configuration): readonly Weakening[] {
  if (trace.collector?.allowInsecurePlaintext !== true || trace.collector.url.startsWith('https:')) return []
  const detail = `the path of each call goes to ${new URL(trace.collector.url).host} in clear`
  return [{ option: 'trace.collector.allowInsecurePlaintext', detail, expiresAt: undefined }]
}

function listeners(configuration: Configuration, now: number): readonly Weakening[] {
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
