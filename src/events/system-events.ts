/** Events of the machine: its start, configuration, certificates, store, directory and edge. */

/** Who asked for a change, and from where: the operator at the machine's own console, a person, a program, or the system itself. */
export interface Actor {
  readonly kind: 'operator' | 'person' | 'api-key' | 'system'
  /** A person's e-mail address, a key's name. */
  readonly name: string
  /** Of the person or the API key. */
  readonly id?: string
  /** Where it came from; absent at the machine's own console. */
  readonly address?: string
  /** Names the session without giving it away. */
  readonly session?: string
}

export interface SystemEvents {
  'system.started': { readonly version: string; readonly node: string; readonly listeners: readonly string[] }
  /** No new calls are taken; those that are up at `endsAt` are ended. */
  'system.draining': { readonly liveCalls: number; readonly endsAt: number }
  'system.stopped': { readonly reason: string; readonly liveCalls: number }
  'system.overloaded': { readonly what: string; readonly detail: string }
  'configuration.loaded': { readonly file: string | undefined; readonly overridden: readonly string[] }
  /** One for each `allowInsecure…` that is in force. */
  'configuration.weakened': { readonly option: string; readonly detail: string; readonly expiresAt: number | undefined }
  'listener.opened': {
    readonly protocol: string
    readonly address: string
    readonly port: number
    readonly insecure: boolean
  }
  'listener.expired': { readonly protocol: string; readonly address: string; readonly port: number }
  'certificate.created': {
    readonly subject: string
    readonly names: readonly string[]
    readonly fingerprint: string
    readonly notAfter: number
  }
  'certificate.replaced': {
    readonly subject: string
    readonly names: readonly string[]
    readonly fingerprint: string
    readonly notAfter: number
  }
  'certificate.expiring': {
    readonly subject: string
    readonly fingerprint: string
    readonly notAfter: number
    readonly daysLeft: number
  }
  'certificate.refused': { readonly file: string; readonly reason: string }
  'store.unavailable': { readonly detail: string }
  'store.recovered': { readonly unavailableForMs: number; readonly eventsBuffered: number; readonly eventsLost: number }
  'directory.extension-added': { readonly actor: Actor; readonly extension: string; readonly name: string }
  'directory.extension-suspended': { readonly actor: Actor; readonly extension: string; readonly reason: string }
  'directory.extension-restored': { readonly actor: Actor; readonly extension: string; readonly reason: string }
  'directory.extension-removed': { readonly actor: Actor; readonly extension: string; readonly devices: number }
  'directory.device-added': { readonly actor: Actor; readonly extension: string; readonly username: string }
  'directory.device-removed': { readonly actor: Actor; readonly extension: string; readonly username: string }
  'directory.devices-imported': {
    readonly actor: Actor
    readonly count: number
    readonly allowInsecureImportedSecret: true
  }
  'transport.connection-refused': { readonly source: string; readonly protocol: string; readonly reason: string }
  'transport.message-refused': {
    readonly source: string
    readonly protocol: string
    readonly error: string
    readonly detail: string
  }
}
