/** Events of identity at the edge: who registered, who was refused and why. */

export interface Source {
  readonly address: string
  readonly port: number
  readonly protocol: string
  readonly tls: string | undefined
}

export interface RegistrationEvents {
  'registration.accepted': {
    readonly extension: string
    readonly username: string
    readonly contact: string
    readonly userAgent: string
    readonly source: Source
    readonly expires: number
    readonly refreshed: boolean
    /** `SHA-256`, `MD5` or `certificate`; MD5 is marked as weaker. */
    readonly authentication: string
    readonly weaker: boolean
  }
  'registration.removed': {
    readonly extension: string
    readonly username: string
    readonly contact: string
    readonly source: Source
  }
  'registration.expired': { readonly extension: string; readonly username: string; readonly contact: string }
  'registration.flow-lost': { readonly extension: string; readonly username: string; readonly reason: string }
  'registration.refused': {
    readonly username: string
    readonly source: Source
    readonly userAgent: string
    readonly reason: string
    readonly sipCode: number
  }
  /** Only where the request carried credentials: a challenge is not a failure. */
  'authentication.failed': {
    readonly username: string
    readonly source: Source
    readonly method: string
    readonly userAgent: string
    readonly reason: string
  }
  /** A request of an unknown source that got no answer. Sampled: `count` since the last one of that source. */
  'message.dropped': {
    readonly source: Source
    readonly method: string
    readonly rule: string
    readonly reason: string
    readonly count: number
  }
}
