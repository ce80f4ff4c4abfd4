/** Where the log goes, in which form, and what a way there has to do. */
import type { OrganisationId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Secret } from '../base/secret.ts'
import type { LoggedEvent } from '../events/event-log.ts'

export const EXPORT_KINDS = ['syslog', 'splunk', 'elastic', 'otlp', 'webhook', 'file'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

/** The text of one event, where the receiver leaves the choice. */
export const EXPORT_FORMS = ['plain', 'cef', 'json', 'ocsf', 'ecs', 'csv'] as const
export type ExportForm = (typeof EXPORT_FORMS)[number]

/** `numbers`: phone numbers and extensions; `names`: people, labels, mail addresses; `addresses`: of the network. */
export const EXPORT_MASKS = ['numbers', 'names', 'addresses'] as const
export type ExportMask = (typeof EXPORT_MASKS)[number]

/** What can be said and shown of a destination. No secret is in it. */
export interface ExportSettings {
  readonly kind: ExportKind
  /** `HOST:PORT` of syslog, an URL of HTTP, the path of a file. */
  readonly to: string
  readonly form: ExportForm
  /** In the filter language of the log; empty: everything. */
  readonly filter: string
  readonly masks: readonly ExportMask[]
  /** Authorities of the receiver's certificate in PEM, instead of the public ones. */
  readonly caPem: string | undefined
  /** Our certificate for it, in PEM; its key is a secret. */
  readonly certificatePem: string | undefined
  /** Name in the receiver's certificate, where it is not the host of `to`. */
  readonly serverName: string | undefined
  /** TCP without TLS, or http: for syslog and HTTP. */
  readonly allowInsecurePlaintext: boolean
  /** Index or data stream of Splunk and Elasticsearch. */
  readonly index: string | undefined
  /** Octets of a file before it is rotated. */
  readonly fileSize: number
  /** Files kept beside the one that is written. */
  readonly fileCount: number
}

export interface ExportSecrets {
  /** PEM of the key of `certificatePem`. */
  readonly key: Secret | undefined
  /** Token of Splunk, value of `Authorization` for Elasticsearch and OTLP, `whsec_…` of a webhook. */
  readonly token: Secret | undefined
  /** Of the pseudonyms that masked values get: the same value has the same one at this destination. */
  readonly pseudonyms: Secret
}

export interface ExportDestination {
  readonly id: string
  readonly name: string
  /** Undefined: of the whole installation, and what concerns the machine. */
  readonly organisationId: OrganisationId | undefined
  readonly settings: ExportSettings
  readonly secrets: ExportSecrets
  readonly createdAt: number
}

/** What a format needs to know beside the event. */
export interface FormatContext {
  /** Name of this system: host of syslog, observer of ECS. */
  readonly host: string
  readonly version: string
}

export interface SendFailure {
  /** `later`: the receiver or the way to it is away. `smaller`: the batch is too large. `refused`: these events, for good. */
  readonly kind: 'later' | 'smaller' | 'refused'
  readonly detail: string
  /** Seconds that the receiver asked to wait. */
  readonly retryAfter?: number
}

export interface Sent {
  /** Events that the receiver did not take, for good; the first of them, and why. */
  readonly refused?: { readonly count: number; readonly first: number; readonly detail: string }
}

/** One way to one receiver. One call at a time. */
export interface Sender {
  send(batch: readonly LoggedEvent[]): Promise<Result<Sent, SendFailure>>
  /** Where sending is no receipt: proves that the receiver read all that was sent since the last time. */
  confirm?(): Promise<Result<undefined, SendFailure>>
  close(): void
}

/** Events and octets in one batch at most. */
export const BATCH = { events: 250, octets: 1_048_576 } as const
/** Octets of one event, whatever an attacker wrote into it. */
export const LARGEST_EVENT = 32_768
