/** Decisions in force: bounded, on the time that the caller gives, each with an end and an undo. Knows nothing of calls. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Decision } from '../types.ts'
import {
  asks,
  heldKeys,
  isInForce,
  isStillDecided,
  type KeptDecision,
  matterOf,
  prefixKey,
  subjectKey,
  subjectsOf,
  type UndoOffer,
} from './kept-decision.ts'
import { KeyIndex } from './key-index.ts'

export type { KeptDecision, UndoOffer } from './kept-decision.ts'

export interface DecisionTableOptions {
  /** Default 100,000. */
  readonly limit?: number
  /** A decision that was still in force made room for another. */
  onEvicted?(decision: KeptDecision): void
}

export interface DecisionTable {
  /**
   * The same finding about the same subject within a minute is one decision with a count; so is a question that waits or was denied,
   * and a suspension that is in force.
   */
  add(decision: Decision, at: number): { readonly decision: KeptDecision; readonly fresh: boolean }
  /** A suspension of it, if one is in force. */
  heldPayer(organisationId: OrganisationId, subject: string, at: number): KeptDecision | undefined
  /** `number`: digits, with or without `+`. The longest prefix that is closed. */
  blockedDestination(organisationId: OrganisationId, number: string, at: number): KeptDecision | undefined
  /** How often this prefix was closed in the 30 days before, by decisions that nobody took back. */
  repeats(organisationId: OrganisationId, prefix: string, at: number): number
  get(id: string): KeptDecision | undefined
  /** Others in force that hold, or close, something that this one does: without them its end changes little. */
  holdingTheSame(id: string, at: number): readonly KeptDecision[]
  /** Newest first. `live`: those in force alone. */
  list(organisationId: OrganisationId, at: number, live?: boolean): readonly KeptDecision[]
  /** Questions that wait for an answer. */
  waiting(organisationId: OrganisationId, at: number): readonly KeptDecision[]
  /** Undefined: there is none, or it is settled already. */
  settle(id: string, state: Exclude<KeptDecision['state'], 'in-force'>): KeptDecision | undefined
  /** Whoever shows the text of which this is the hash may take the decision back until then. In place of an earlier offer. */
  offerUndo(id: string, offer: UndoOffer): KeptDecision | undefined
  /** The decision in force that this hash takes back. */
  offered(hash: string, at: number): KeptDecision | undefined
  /** A subject is held by nothing any more: somebody restored it. Every decision that changed, those that go on to hold others too. */
  release(organisationId: OrganisationId, subject: string, at: number): readonly KeptDecision[]
  /** What was kept before this process began. */
  restoreFrom(decisions: readonly KeptDecision[]): void
  readonly size: number
}

const DEFAULT_LIMIT = 100_000
const REPEAT_MS = 30 * 24 * 3_600_000
/** Looked at in search of one that is over, before one in force goes. */
const MAXIMUM_LOOKS = 64

export function createDecisionTable(options: DecisionTableOptions = {}): DecisionTable {
  return new Table(options)
}

/** Ids in order of arrival, by how little would be missed: told, asked, held. */
type Shelf = Set<string>

class Table implements DecisionTable {
  readonly #limit: number
  readonly #onEvicted: ((decision: KeptDecision) => void) | undefined
  readonly #all = new Map<string, KeptDecision>()
  readonly #byOrganisation = new Map<OrganisationId, Set<string>>()
  readonly #shelves: readonly Shelf[] = [new Set(), new Set(), new Set()]
  /** The last of the same matter. */
  readonly #latest = new Map<string, string>()
  readonly #held = new KeyIndex()
  readonly #offers = new Map<string, string>()
  /** Every block of a prefix, over or not. */
  readonly #blocks = new KeyIndex()

  constructor({ limit = DEFAULT_LIMIT, onEvicted }: DecisionTableOptions) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a positive integer')
    this.#limit = limit
    this.#onEvicted = onEvicted
  }

  get size(): number {
    return this.#all.size
  }

  add(decision: Decision, at: number): { readonly decision: KeptDecision; readonly fresh: boolean } {
    const before = this.#decided(decision, at)
    if (before !== undefined) {
      const counted = { ...before, count: before.count + 1 }
      this.#all.set(before.id, counted)
      return { decision: counted, fresh: false }
    }
    const kept: KeptDecision = { ...decision, count: 1, state: 'in-force' }
    if (this.#all.size >= this.#limit) this.#makeRoom(at)
    this.#keep(kept)
    return { decision: kept, fresh: true }
  }

  heldPayer(organisationId: OrganisationId, subject: string, at: number): KeptDecision | undefined {
    return this.#holding(subjectKey(organisationId, subject), at)
  }

  blockedDestination(organisationId: OrganisationId, number: string, at: number): KeptDecision | undefined {
    if (this.#held.size === 0) return undefined
    const digits = number.startsWith('+') ? number.slice(1) : number
    for (let length = digits.length; length > 0; length--) {
      const found = this.#holding(prefixKey(organisationId, digits.slice(0, length)), at)
      if (found !== undefined) return found
    }
    return undefined
  }

  repeats(organisationId: OrganisationId, prefix: string, at: number): number {
    return this.#blocks.get(prefixKey(organisationId, prefix)).filter(id => {
      const { state, at: since } = this.#all.get(id)!
      return state !== 'undone' && since <= at && at - since < REPEAT_MS
    }).length
  }

  get(id: string): KeptDecision | undefined {
    return this.#all.get(id)
  }

  holdingTheSame(id: string, at: number): readonly KeptDecision[] {
    const found = this.#all.get(id)
    const ids = found === undefined ? [] : heldKeys(found).flatMap(key => this.#held.get(key))
    const others = [...new Set(ids)].filter(each => each !== id).map(each => this.#all.get(each)!)
    return others.filter(each => isInForce(each, at))
  }

  list(organisationId: OrganisationId, at: number, live = false): readonly KeptDecision[] {
    const own = [...(this.#byOrganisation.get(organisationId) ?? [])].map(id => this.#all.get(id)!)
    return own.filter(each => !live || isInForce(each, at)).reverse()
  }

  waiting(organisationId: OrganisationId, at: number): readonly KeptDecision[] {
    return this.list(organisationId, at, true).filter(asks)
  }

  settle(id: string, state: Exclude<KeptDecision['state'], 'in-force'>): KeptDecision | undefined {
    const found = this.#all.get(id)
    return found?.state === 'in-force' ? this.#change(found, { ...found, state }) : undefined
  }

  offerUndo(id: string, undo: UndoOffer): KeptDecision | undefined {
    const found = this.#all.get(id)
    return found?.state === 'in-force' ? this.#change(found, { ...found, undo }) : undefined
  }

  offered(hash: string, at: number): KeptDecision | undefined {
    const found = this.#all.get(this.#offers.get(hash) ?? '')
    if (found?.undo === undefined || !isInForce(found, at)) return undefined
    return at < found.undo.until ? found : undefined
  }

  release(organisationId: OrganisationId, subject: string, at: number): readonly KeptDecision[] {
    const holding = this.#held.get(subjectKey(organisationId, subject)).map(id => this.#all.get(id)!)
    return holding.flatMap(each => {
      if (!isInForce(each, at)) return []
      const released = { ...each, released: [...(each.released ?? []), subject] }
      const over = subjectsOf(released).length === 0
      return [this.#change(each, over ? { ...each, state: 'undone' } : released)]
    })
  }

  restoreFrom(decisions: readonly KeptDecision[]): void {
    for (const decision of decisions.toSorted((a, b) => a.at - b.at)) {
      if (this.#all.has(decision.id)) continue
      if (this.#all.size >= this.#limit) this.#makeRoom(decision.at)
      this.#keep(decision)
    }
  }

  /** The decision on the same matter, if one stands. A suspension stands where each whom it is about is held by the same rule. */
  #decided(found: Decision, at: number): KeptDecision | undefined {
    const { organisationId, subject, also = [], rule, response, mode } = found
    if (response === 'suspend' && mode === 'on') {
      const holders = [subject, ...also].map(each => this.#holding(subjectKey(organisationId, each), at, rule))
      return holders.includes(undefined) ? undefined : holders[0]
    }
    const before = this.#all.get(this.#latest.get(matterOf(found)) ?? '')
    return before !== undefined && isStillDecided(before, at) ? before : undefined
  }

  /** The oldest of those that hold it. */
  #holding(key: string, at: number, rule?: string): KeptDecision | undefined {
    for (const id of this.#held.get(key)) {
      const found = this.#all.get(id)!
      if (isInForce(found, at) && (rule === undefined || found.rule === rule)) return found
    }
    return undefined
  }

  #keep(decision: KeptDecision): void {
    const { id, organisationId, prefix, response, mode } = decision
    this.#all.set(id, decision)
    const own = this.#byOrganisation.get(organisationId) ?? new Set()
    this.#byOrganisation.set(organisationId, own.add(id))
    this.#shelfOf(decision).add(id)
    this.#latest.set(matterOf(decision), id)
    this.#hold(decision)
    if (response === 'block-destination' && mode === 'on' && prefix !== undefined)
      this.#blocks.add(prefixKey(organisationId, prefix), id)
  }

  #change(before: KeptDecision, after: KeptDecision): KeptDecision {
    this.#letGo(before)
    this.#hold(after)
    this.#all.set(after.id, after)
    this.#shelfOf(before).delete(before.id)
    this.#shelfOf(after).add(after.id)
    return after
  }

  #hold(decision: KeptDecision): void {
    for (const key of heldKeys(decision)) this.#held.add(key, decision.id)
    if (decision.undo !== undefined && decision.state === 'in-force') this.#offers.set(decision.undo.hash, decision.id)
  }

  #letGo(decision: KeptDecision): void {
    for (const key of heldKeys(decision)) this.#held.delete(key, decision.id)
    if (decision.undo !== undefined) this.#offers.delete(decision.undo.hash)
  }

  #drop(decision: KeptDecision): void {
    const { id, organisationId, prefix } = decision
    const own = this.#byOrganisation.get(organisationId)!
    own.delete(id)
    if (own.size === 0) this.#byOrganisation.delete(organisationId)
    this.#shelfOf(decision).delete(id)
    const matter = matterOf(decision)
    if (this.#latest.get(matter) === id) this.#latest.delete(matter)
    this.#letGo(decision)
    if (prefix !== undefined) this.#blocks.delete(prefixKey(organisationId, prefix), id)
    this.#all.delete(id)
  }

  #shelfOf(decision: KeptDecision): Shelf {
    const place = heldKeys(decision).length > 0 ? 2 : asks(decision) && decision.state === 'in-force' ? 1 : 0
    return this.#shelves[place]!
  }

  /** The oldest of what would be missed least; among those that hold something, what is over first. */
  #makeRoom(at: number): void {
    const shelf = this.#shelves.find(each => each.size > 0)!
    let oldest: KeptDecision | undefined
    let looks = 0
    for (const id of shelf) {
      const each = this.#all.get(id)!
      oldest ??= each
      if (!isInForce(each, at)) {
        this.#drop(each)
        return
      }
      if (shelf === this.#shelves[0] || ++looks >= MAXIMUM_LOOKS) break
    }
    this.#drop(oldest!)
    this.#onEvicted?.(oldest!)
  }
}
