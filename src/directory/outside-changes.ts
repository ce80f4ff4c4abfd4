/** What can be changed about trunks, numbers, ring groups and calling. Checked, made durable, then published. */
import type { OrganisationId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import type { ExtensionCalling, OfficeSchedule, OrganisationCalling } from './calling.ts'
import type { CallTarget, OwnedNumber, RingGroup } from './number.ts'
import type { Trunk } from './trunk.ts'
import type { DirectoryRefusal } from './types.ts'

/** What is left out (or undefined) stays as it is, or gets its default; null takes a value away that may be absent. */
export type Change<T> = {
  readonly [K in keyof T]?: (undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K]) | undefined
}

interface OfOrganisation {
  /** Without one: the first organisation. */
  readonly organisationId?: OrganisationId | undefined
}

export type TrunkSettings = Omit<Trunk, 'id' | 'organisationId' | 'name' | 'createdAt'>
export type TrunkReference = OfOrganisation & { readonly name: string }
export type NewTrunk = TrunkReference & Change<TrunkSettings> & { readonly host: string }
export type TrunkChange = TrunkReference & Change<TrunkSettings>

export type NumberSettings = Pick<OwnedNumber, 'label' | 'target' | 'afterHours' | 'anonymous'>
export type NumberReference = OfOrganisation & { readonly e164: string }
export type NewNumber = NumberReference & Change<NumberSettings> & { readonly target: CallTarget }
export type NumberChange = NumberReference & Change<NumberSettings>

export type GroupSettings = Pick<RingGroup, 'name' | 'strategy' | 'members' | 'stepSeconds' | 'otherwise'>
export type GroupReference = OfOrganisation & { readonly number: string }
export type NewGroup = GroupReference & Change<GroupSettings> & { readonly members: readonly string[] }
export type GroupChange = GroupReference & Change<GroupSettings>

export type CallingChange = OfOrganisation &
  Change<Omit<OrganisationCalling, 'organisationId' | 'schedule'>> & {
    readonly schedule?: Change<OfficeSchedule> | undefined
  }

/** `number` names the extension. */
export type ExtensionCallingChange = OfOrganisation & { readonly number: string } & Change<
    Omit<ExtensionCalling, 'extensionId'>
  >

type Outcome<T> = Promise<Result<T, DirectoryRefusal>>

/** Done one after another, with the other changes of the directory; each rejects (StoreError) when it is not durable. */
export interface OutsideChanges {
  addTrunk(input: NewTrunk, actor: Actor): Outcome<Trunk>
  /** A change that changes nothing is no event. */
  changeTrunk(input: TrunkChange, actor: Actor): Outcome<Trunk>
  /** Refused while calls to a number or of an extension are routed to it. */
  removeTrunk(input: TrunkReference, actor: Actor): Outcome<Trunk>
  addNumber(input: NewNumber, actor: Actor): Outcome<OwnedNumber>
  routeNumber(input: NumberChange, actor: Actor): Outcome<OwnedNumber>
  /** Refused while it is somebody's caller id. */
  removeNumber(input: NumberReference, actor: Actor): Outcome<OwnedNumber>
  addGroup(input: NewGroup, actor: Actor): Outcome<RingGroup>
  changeGroup(input: GroupChange, actor: Actor): Outcome<RingGroup>
  /** Refused while calls are routed to it. */
  removeGroup(input: GroupReference, actor: Actor): Outcome<RingGroup>
  changeCalling(input: CallingChange, actor: Actor): Outcome<OrganisationCalling>
  changeExtensionCalling(input: ExtensionCallingChange, actor: Actor): Outcome<ExtensionCalling>
}
