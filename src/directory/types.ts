/** Who exists: organisations, extensions, devices. No SQL, no network. */
import type { DeviceId, ExtensionId, OrganisationId } from '../base/ids.ts'
import type { OutsideRepository } from './outside-repository.ts'

export interface Organisation {
  readonly id: OrganisationId
  readonly name: string
  /** SIP domain and digest realm, lower case. Unique. */
  readonly domain: string
  readonly createdAt: number
}

export type ExtensionState = 'active' | 'suspended'

export interface Extension {
  readonly id: ExtensionId
  readonly organisationId: OrganisationId
  /** What people dial: digits as a rule; letters, `.`, `_`, `-` allowed; 1-32 characters; unique in the organisation. */
  readonly number: string
  /** Display name, 1-64 characters of Unicode without control characters. */
  readonly name: string
  readonly state: ExtensionState
  readonly suspendedReason: string | undefined
  readonly createdAt: number
}

export type DigestAlgorithm = 'SHA-256' | 'MD5'

/** H(username:realm:password) for each algorithm (RFC 7616 §3.4.2), lower-case hexadecimal. */
export interface DigestSecrets {
  readonly 'SHA-256': string | undefined
  readonly MD5: string | undefined
}

export interface Device {
  readonly id: DeviceId
  readonly organisationId: OrganisationId
  readonly extensionId: ExtensionId
  /** Random, not derived from the extension number; unique over all organisations. */
  readonly username: string
  readonly label: string
  readonly secrets: DigestSecrets
  /** SHA-256 fingerprint of the client certificate that may stand in for a digest, if any. */
  readonly certificateFingerprint: string | undefined
  /** Imported with a known password for load tests: named in every status. */
  readonly allowInsecureImportedSecret: boolean
  readonly createdAt: number
}

/** A refused change: a value, with a text that says what to do. */
export interface DirectoryRefusal {
  readonly code: /** An extension of this number exists already. */
    | 'DIRECTORY_EXTENSION_EXISTS'
    /** There is no extension of this number. */
    | 'DIRECTORY_EXTENSION_UNKNOWN'
    /** A number that nobody could dial, or longer than 32 characters. */
    | 'DIRECTORY_NUMBER_INVALID'
    /** A name or label that is empty, too long, or holds control characters. */
    | 'DIRECTORY_NAME_INVALID'
    /** There is no device of this user name. */
    | 'DIRECTORY_DEVICE_UNKNOWN'
    /** An imported user name that another device has. */
    | 'DIRECTORY_USERNAME_EXISTS'
    /** An imported user name with characters that a SIP user name may not have here. */
    | 'DIRECTORY_USERNAME_INVALID'
    /** More extensions, devices or imported rows than the limits allow. */
    | 'DIRECTORY_LIMIT'
    /** An imported password or HA1 that is missing, too long, or malformed. */
    | 'DIRECTORY_SECRET_INVALID'
    /** An extension or group of a number that people dial for help. */
    | 'DIRECTORY_EMERGENCY_NUMBER'
    /** A trunk of this name exists already. */
    | 'DIRECTORY_TRUNK_EXISTS'
    /** There is no trunk of this name. */
    | 'DIRECTORY_TRUNK_UNKNOWN'
    /** A setting of a trunk that is malformed, out of bounds, or missing. */
    | 'DIRECTORY_TRUNK_INVALID'
    /** A trunk without encryption that does not say so, or does not name where its peer is. */
    | 'DIRECTORY_TRUNK_INSECURE'
    /** A number of the public network that is not written as E.164. */
    | 'DIRECTORY_E164_INVALID'
    /** A number of the public network that belongs to somebody here already. */
    | 'DIRECTORY_E164_EXISTS'
    /** A number of the public network that is not ours. */
    | 'DIRECTORY_E164_UNKNOWN'
    /** A ring group of this number exists already. */
    | 'DIRECTORY_GROUP_EXISTS'
    /** There is no ring group of this number. */
    | 'DIRECTORY_GROUP_UNKNOWN'
    /** A setting of a ring group that is malformed or out of bounds. */
    | 'DIRECTORY_GROUP_INVALID'
    /** Calls would go to an extension, group or PBX that does not exist, or in a circle. */
    | 'DIRECTORY_TARGET_INVALID'
    /** Forwarding to an outside number, which the organisation did not open. */
    | 'DIRECTORY_FORWARDING_CLOSED'
    /** A caller id that is no number of the organisation's. */
    | 'DIRECTORY_CALLER_ID_NOT_OWNED'
    /** Number plan, office hours, forwarding: a setting that is malformed or out of bounds. */
    | 'DIRECTORY_CALLING_INVALID'
    /** A name or SIP domain that an organisation cannot have. */
    | 'DIRECTORY_ORGANISATION_INVALID'
    /** Another organisation has this SIP domain. */
    | 'DIRECTORY_ORGANISATION_EXISTS'
    /** There is no such organisation. */
    | 'DIRECTORY_ORGANISATION_UNKNOWN'
    /** Calls are still routed to what is to be removed, or it is a caller id. */
    | 'DIRECTORY_IN_USE'
  readonly message: string
}

/** Synchronous reads from memory: asked for every request, so never a query. */
export interface DirectoryReader {
  organisationByDomain(domain: string): Organisation | undefined
  organisations(): readonly Organisation[]
  extension(id: ExtensionId): Extension | undefined
  extensionByNumber(organisationId: OrganisationId, number: string): Extension | undefined
  extensions(organisationId: OrganisationId): readonly Extension[]
  deviceByUsername(username: string): Device | undefined
  device(id: DeviceId): Device | undefined
  devicesOf(extensionId: ExtensionId): readonly Device[]
}

/** Where the directory is kept; implemented by `store/`. Every write is durable when its promise resolves. */
export interface DirectoryRepository extends OutsideRepository {
  load(): Promise<{
    readonly organisations: readonly Organisation[]
    readonly extensions: readonly Extension[]
    readonly devices: readonly Device[]
  }>
  insertOrganisation(organisation: Organisation): Promise<void>
  insertExtension(extension: Extension): Promise<void>
  updateExtension(extension: Extension): Promise<void>
  /** Removes its devices, bindings and calling too. */
  deleteExtension(id: ExtensionId): Promise<void>
  insertDevices(devices: readonly Device[]): Promise<void>
  /** All of them or none, in one transaction. */
  insertImported(extensions: readonly Extension[], devices: readonly Device[]): Promise<void>
  deleteDevice(id: DeviceId): Promise<void>
}
