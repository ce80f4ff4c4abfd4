/** How an organisation and its extensions call: number plan, office hours, forwarding, caller identity. */
import type { ExtensionId, OrganisationId } from '../base/ids.ts'
import type { CallTarget } from './number.ts'

/** One span of local time on some days of the week; 1 is Monday (ISO 8601). `to` may be `24:00`. */
export interface OfficeHours {
  readonly days: readonly number[]
  /** `HH:MM` */
  readonly from: string
  readonly to: string
}

export interface OfficeSchedule {
  /** IANA name. */
  readonly timeZone: string
  /** Empty: always open. */
  readonly hours: readonly OfficeHours[]
  /** Local dates `YYYY-MM-DD`: closed all day. */
  readonly holidays: readonly string[]
}

export interface OrganisationCalling {
  readonly organisationId: OrganisationId
  /** ISO 3166-1 alpha-2: whose national format is dialled, and whose emergency numbers count. */
  readonly country: string
  /** Dialled before an outside number; undefined: none needed. With one, numbers without it are extensions only. */
  readonly outsidePrefix: string | undefined
  /** Area code without the national prefix, for numbers dialled without one. */
  readonly areaCode: string | undefined
  /** Countries that may be called. Default: the home country. */
  readonly openCountries: readonly string[]
  /** Destination classes that may be called beside `ordinary`. Default: none. */
  readonly openClasses: readonly ('special-service' | 'fraud-prone')[]
  /** For extensions without one of their own: E.164, owned. */
  readonly defaultCallerId: string | undefined
  readonly schedule: OfficeSchedule
  /** Forwarding to outside numbers is closed as long as this is false. */
  readonly offNetForwarding: boolean
  /** Civic location sent with emergency calls: a PIDF-LO document (RFC 4119), or undefined. */
  readonly emergencyLocation: string | undefined
  /** Free text for people: "Main street 1, 2nd floor". In the event, in the message to those notified. */
  readonly emergencyLocationText: string | undefined
  /** Extensions whose phones get a text message when somebody calls for help. */
  readonly emergencyNotify: readonly string[]
}

export interface ExtensionCalling {
  readonly extensionId: ExtensionId
  /** E.164, owned by the organisation. Undefined: the organisation's default. */
  readonly callerId: string | undefined
  /** Withholds its number towards the outside (RFC 3323 `id`), emergency calls excepted. */
  readonly privacy: boolean
  readonly doNotDisturb: boolean
  readonly forwardAlways: CallTarget | undefined
  readonly forwardBusy: CallTarget | undefined
  readonly forwardNoAnswer: CallTarget | undefined
  readonly forwardUnreachable: CallTarget | undefined
  /** Seconds until `forwardNoAnswer`. */
  readonly noAnswerSeconds: number
  /** Callers who withhold their number. */
  readonly anonymous: 'accept' | 'reject'
  /** Calls at once before it counts as busy; 0: no limit. */
  readonly maximumCalls: number
  /** Location of this place for emergency calls, instead of the organisation's. */
  readonly emergencyLocationText: string | undefined
}

export function defaultExtensionCalling(extensionId: ExtensionId): ExtensionCalling {
  return {
    extensionId,
    callerId: undefined,
    privacy: false,
    doNotDisturb: false,
    forwardAlways: undefined,
    forwardBusy: undefined,
    forwardNoAnswer: undefined,
    forwardUnreachable: undefined,
    noAnswerSeconds: 20,
    anonymous: 'accept',
    maximumCalls: 0,
    emergencyLocationText: undefined,
  }
}

/** Synchronous reads from memory, beside those of `DirectoryReader`. */
export interface CallingReader {
  callingOf(organisationId: OrganisationId): OrganisationCalling
  /** The defaults where nothing was set. */
  extensionCalling(extensionId: ExtensionId): ExtensionCalling
}
