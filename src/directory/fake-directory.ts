/** A directory in memory for the tests of other rooms: say what matters, the rest has sensible defaults. */
import { newId, type OrganisationId } from '../base/ids.ts'
import type { ExtensionCalling, OrganisationCalling } from './calling.ts'
import { defaultOrganisationCalling } from './default-calling.ts'
import { createDirectoryIndex, type DirectoryIndex } from './directory-index.ts'
import type { OwnedNumber, RingGroup } from './number.ts'
import { createOutsideIndex, type OutsideIndex } from './outside-index.ts'
import type { Trunk } from './trunk.ts'
import type { Device, Extension, Organisation } from './types.ts'

export interface FakeDirectoryInput {
  readonly organisation?: Partial<Organisation>
  /** A number alone is an active extension of that name, with one device of username `phone-NUMBER`. */
  readonly extensions?: readonly (string | (Partial<Extension> & { readonly number: string }))[]
  readonly trunks?: readonly (string | (Partial<Trunk> & { readonly name: string }))[]
  readonly numbers?: readonly (Partial<OwnedNumber> & { readonly e164: string })[]
  readonly groups?: readonly (Partial<RingGroup> & { readonly number: string })[]
  /** Default: Germany, home country open, everything else closed, UTC, always open. */
  readonly calling?: Partial<OrganisationCalling>
  /** By the number of the extension. */
  readonly extensionCalling?: Readonly<Record<string, Partial<ExtensionCalling>>>
}

/** Takes changes too: `put…` and `drop…` of both indices. */
export interface FakeDirectory extends DirectoryIndex, OutsideIndex {
  readonly organisation: Organisation
  extensionOf(number: string): Extension
  setCalling(change: Partial<OrganisationCalling>): void
  setExtensionCalling(number: string, change: Partial<ExtensionCalling>): void
}

const CREATED_AT = 1_700_000_000_000
const COUNTRY = 'DE'

export function createFakeDirectory(input: FakeDirectoryInput = {}): FakeDirectory {
  const organisation: Organisation = {
    id: newId<'OrganisationId'>(CREATED_AT),
    name: 'Example',
    domain: 'pbx.example.com',
    createdAt: CREATED_AT,
    ...input.organisation,
  }
  const people = createDirectoryIndex()
  const outside = createOutsideIndex(id => defaultOrganisationCalling(id, COUNTRY, 'UTC'))
  const directory = Object.create(null, {
    ...Object.getOwnPropertyDescriptors(people),
    ...Object.getOwnPropertyDescriptors(outside),
  }) as DirectoryIndex & OutsideIndex
  const fake: FakeDirectory = Object.assign(directory, {
    organisation,
    extensionOf(number: string) {
      const extension = people.extensionByNumber(organisation.id, number)
      if (extension === undefined) throw new Error(`the fake directory has no extension ${number}`)
      return extension
    },
    setCalling: (change: Partial<OrganisationCalling>) =>
      outside.putCalling({ ...outside.callingOf(organisation.id), ...change }),
    setExtensionCalling(number: string, change: Partial<ExtensionCalling>) {
      const { id } = fake.extensionOf(number)
      outside.putExtensionCalling({ ...outside.extensionCalling(id), ...change })
    },
  })
  fill(fake, input)
  return fake
}

function fill(fake: FakeDirectory, input: FakeDirectoryInput): void {
  const { id } = fake.organisation
  fake.putOrganisation(fake.organisation)
  for (const given of input.extensions ?? []) {
    const extension = fakeExtension(id, typeof given === 'string' ? { number: given } : given)
    fake.putExtension(extension)
    fake.putDevice(fakeDevice(extension))
  }
  for (const given of input.trunks ?? []) {
    fake.putTrunk(fakeTrunk(id, typeof given === 'string' ? { name: given } : given))
  }
  for (const given of input.numbers ?? []) fake.putNumber(fakeNumber(id, given))
  for (const given of input.groups ?? []) fake.putGroup(fakeGroup(id, given))
  if (input.calling !== undefined) fake.setCalling(input.calling)
  for (const [number, change] of Object.entries(input.extensionCalling ?? {})) fake.setExtensionCalling(number, change)
}

export function fakeExtension(
  organisationId: OrganisationId,
  given: Partial<Extension> & { readonly number: string },
): Extension {
  return {
    id: newId<'ExtensionId'>(CREATED_AT),
    organisationId,
    name: `Extension ${given.number}`,
    state: 'active',
    suspendedReason: undefined,
    createdAt: CREATED_AT,
    ...given,
  }
}

export function fakeDevice(extension: Extension, given: Partial<Device> = {}): Device {
  return {
    id: newId<'DeviceId'>(CREATED_AT),
    organisationId: extension.organisationId,
    extensionId: extension.id,
    username: `phone-${extension.number}`,
    label: '',
    secrets: { 'SHA-256': undefined, MD5: undefined },
    certificateFingerprint: undefined,
    allowInsecureImportedSecret: false,
    createdAt: CREATED_AT,
    ...given,
  }
}

/** A provider over TLS and SRTP that knows us by address: `NAME.example.net`. */
export function fakeTrunk(organisationId: OrganisationId, given: Partial<Trunk> & { readonly name: string }): Trunk {
  return {
    id: newId<'TrunkId'>(CREATED_AT),
    organisationId,
    purpose: 'provider',
    state: 'enabled',
    host: `${given.name}.example.net`,
    port: undefined,
    transport: 'TLS',
    allowInsecureSignalling: false,
    allowInsecureMedia: false,
    sources: [],
    certificateNames: [],
    certificateAuthority: undefined,
    register: false,
    username: undefined,
    password: undefined,
    domain: undefined,
    priority: 10,
    weight: 10,
    maximumCalls: 100,
    callsPerSecond: 10,
    numberFormat: '+e164',
    signIdentity: false,
    createdAt: CREATED_AT,
    ...given,
  }
}

/** Rejects its calls unless a target is given. */
export function fakeNumber(
  organisationId: OrganisationId,
  given: Partial<OwnedNumber> & { readonly e164: string },
): OwnedNumber {
  return {
    id: newId<'NumberId'>(CREATED_AT),
    organisationId,
    label: '',
    target: { kind: 'reject' },
    afterHours: undefined,
    anonymous: 'accept',
    createdAt: CREATED_AT,
    ...given,
  }
}

export function fakeGroup(
  organisationId: OrganisationId,
  given: Partial<RingGroup> & { readonly number: string },
): RingGroup {
  return {
    id: newId<'GroupId'>(CREATED_AT),
    organisationId,
    name: `Group ${given.number}`,
    strategy: 'all',
    members: [],
    stepSeconds: 20,
    otherwise: undefined,
    createdAt: CREATED_AT,
    ...given,
  }
}
