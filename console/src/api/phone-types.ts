/** Extensions, phones, trunks, numbers and calls, and how the system does. */

export interface Extension {
  readonly number: string
  readonly name: string
  readonly state: 'active' | 'suspended'
  readonly suspendedReason: string | null
  readonly devices: number
  readonly registered: number
}

export interface Device {
  readonly extension: string
  readonly username: string
  readonly label: string
  readonly registered: boolean
  readonly userAgent: string | null
  readonly sourceAddress: string | null
  readonly protocol: string | null
  readonly authentication: string | null
  readonly weaker: boolean
  readonly allowInsecureImportedSecret: boolean
  readonly expiresAt: number | null
}

export interface DeviceCredentials {
  readonly username: string
  readonly domain: string
  readonly password: string
  readonly registrar: string
  readonly outboundProxy: string
  readonly ca: string
}

export interface ExtensionCalling {
  readonly extension: string
  readonly callerId: string | null
  readonly privacy: boolean
  readonly doNotDisturb: boolean
  readonly forwardAlways: string | null
  readonly forwardBusy: string | null
  readonly forwardNoAnswer: string | null
  readonly forwardUnreachable: string | null
  readonly noAnswerSeconds: number
  readonly anonymous: 'accept' | 'reject'
  readonly maximumCalls: number
  readonly emergencyLocationText: string | null
}

export interface Calling {
  readonly country: string
  readonly outsidePrefix: string | null
  readonly areaCode: string | null
  readonly openCountries: readonly string[]
  readonly openClasses: readonly string[]
  readonly defaultCallerId: string | null
  readonly timeZone: string
  readonly hours: readonly { readonly days: readonly number[]; readonly from: string; readonly to: string }[]
  readonly holidays: readonly string[]
  readonly offNetForwarding: boolean
  readonly emergencyLocation: string | null
  readonly emergencyLocationText: string | null
  readonly emergencyNotify: readonly string[]
}

export interface LiveCall {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered' | 'held' | 'ending'
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly legs: readonly {
    readonly number: string
    readonly username: string | null
    readonly signalling: string
    readonly media: string | null
    readonly codec: string | null
    readonly mos: number | null
    readonly trunk?: string
  }[]
}

export interface MediaSide {
  readonly suite?: string
  readonly codec?: string
  readonly mos?: number
  readonly packetsReceived?: number
  readonly packetsLost?: number
  readonly jitterMs?: number
  readonly [name: string]: unknown
}

export interface PastCall {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly startedAt: number
  readonly answeredAt?: number
  readonly endedAt?: number
  readonly end?: { readonly side: string; readonly cause: string; readonly sipCode: number }
  readonly legs: readonly {
    readonly direction: 'in' | 'out'
    readonly number: string
    readonly trunk?: string
    readonly userAgent: string
    readonly signalling: { readonly protocol: string; readonly tls?: string; readonly cipher?: string }
    readonly sourceAddress: string
    readonly authentication?: string
    readonly attestation?: string
    readonly media?: MediaSide
  }[]
}

export interface CallMessages {
  readonly legs: readonly { readonly id: string; readonly direction: 'in' | 'out'; readonly number: string }[]
  readonly messages: readonly CallMessage[]
}

export interface CallMessage {
  readonly at: number
  /** Id of one of the legs. */
  readonly leg: string
  /** `in` came to us. */
  readonly direction: 'in' | 'out'
  readonly protocol: string
  readonly local: { readonly address: string; readonly port: number }
  readonly remote: { readonly address: string; readonly port: number }
  readonly line: string
  readonly text: string
}

export interface Trunk {
  readonly name: string
  readonly host: string
  readonly port: number | null
  readonly transport: 'TLS' | 'TCP' | 'UDP'
  readonly purpose: 'provider' | 'pbx'
  readonly state: 'enabled' | 'disabled'
  readonly register: boolean
  readonly username: string | null
  readonly hasPassword: boolean
  readonly weakened: readonly string[]
  readonly live: {
    readonly health: string
    readonly problem: string | null
    readonly registeredUntil: number | null
    readonly calls: number
    readonly tls: string | null
    readonly remote: string | null
    readonly roundTrip: number | null
  } | null
}

export interface OwnedNumber {
  readonly e164: string
  readonly label: string
  readonly target: string
  readonly afterHours: string | null
  readonly anonymous: 'accept' | 'reject'
}

export interface Status {
  readonly version: string
  readonly node: string
  readonly startedAt: number
  readonly domain: string
  readonly listeners: readonly {
    readonly transport: string
    readonly address: string
    readonly port: number
    readonly insecure: boolean
    readonly expiresAt: number | null
  }[]
  readonly certificate: {
    readonly subject: string
    readonly names: readonly string[]
    readonly notAfter: number
    readonly fingerprint: string
    readonly issuer: string
  }
  readonly extensions: number
  readonly devices: number
  readonly registrations: number
  readonly liveCalls: number
  readonly trunks: readonly {
    readonly name: string
    readonly state: string
    readonly health: string
    readonly problem: string | null
    readonly calls: number
    readonly weakened: readonly string[]
  }[]
  readonly store: 'available' | 'unavailable'
  readonly weakened: readonly string[]
}
