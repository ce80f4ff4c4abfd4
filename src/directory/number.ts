/** Numbers that the organisation owns, and where calls to them go. */
import type { GroupId, NumberId, OrganisationId } from '../base/ids.ts'

/** Where a call goes. Names, not ids: what is removed leaves an `unknown` that routing answers with 404 and an event. */
export type CallTarget =
  | { readonly kind: 'extension'; readonly number: string }
  | { readonly kind: 'group'; readonly number: string }
  /** An outside number, E.164 with `+`. Closed unless the organisation allows off-net forwarding. */
  | { readonly kind: 'external'; readonly e164: string }
  /** A PBX behind us, by the name of its trunk. */
  | { readonly kind: 'trunk'; readonly name: string }
  | { readonly kind: 'reject' }

export interface OwnedNumber {
  readonly id: NumberId
  readonly organisationId: OrganisationId
  /** `+` and digits. Unique over all organisations. */
  readonly e164: string
  readonly label: string
  readonly target: CallTarget
  /** Where calls go outside the office hours. Undefined: the same. */
  readonly afterHours: CallTarget | undefined
  /** Callers who withhold their number. */
  readonly anonymous: 'accept' | 'reject'
  readonly createdAt: number
}

/** `all`: everybody at once; `in-order`: one after another; `longest-idle`: who has not talked for the longest time first. */
export type RingStrategy = 'all' | 'in-order' | 'longest-idle'

export interface RingGroup {
  readonly id: GroupId
  readonly organisationId: OrganisationId
  /** Dialled as an extension is, and unique among extensions and groups. */
  readonly number: string
  readonly name: string
  readonly strategy: RingStrategy
  /** Extension numbers, in order; at most 50. */
  readonly members: readonly string[]
  /** Seconds that one step rings (the whole group for `all`). */
  readonly stepSeconds: number
  /** When nobody takes it. Undefined: the caller hears so. */
  readonly otherwise: CallTarget | undefined
  readonly createdAt: number
}
