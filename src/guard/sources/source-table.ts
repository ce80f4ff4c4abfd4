/** Decisions about sources in force: bounded, on the time that the caller gives, each with an end and an undo. */
import { BoundedMap } from '../../base/bounded.ts'
import { newId } from '../../base/ids.ts'
import type { RuleMode } from '../types.ts'
import { supersedes } from './adoption.ts'
import { until } from './durations.ts'
import { endOf, type Entry } from './entry.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import { explain } from './explain.ts'
import { Memory } from './memory.ts'
import { Shelves } from './shelves.ts'
import { SourceIndex, type Whereabouts } from './source-index.ts'
import { addressOf, isInForce, keyOfTarget, socketOf } from './target.ts'
import type {
  AskedSource,
  Explanation,
  OperatorDecision,
  SourceAction,
  SourceDecision,
  SourceFinding,
  SourceTable,
  Spared,
  Target,
} from './types.ts'

export type { Whereabouts } from './source-index.ts'

export interface SourcePolicy {
  /** What becomes of a rule's ban of a network, an autonomous system or a country, where honest people are, too. Default `dry-run`. */
  readonly wideByRules: RuleMode
}

/** Told at once of each change, whoever decided: bans in the kernel. */
export interface SourceMirror {
  /** In force, anew or for longer; in the place of what was decided before about the same. */
  placed(decision: SourceDecision): void
  /** Over, taken back, or it made room. */
  removed(decision: SourceDecision): void
}

export interface SourceTableOptions {
  readonly spared: Spared
  /** Decisions kept. Default 100,000. */
  readonly limit?: number
  readonly policy?: Partial<SourcePolicy>
  whereIs?(address: string): Whereabouts
  readonly mirror?: SourceMirror | undefined
  /** One that was in force made room for another. */
  onEvicted?(decision: SourceDecision): void
  /** Its time was over. */
  onExpired?(decision: SourceDecision): void
  /** Anything that has to be kept: new, prolonged, taken back. */
  onChanged?(decision: SourceDecision): void
}

const DEFAULT_LIMIT = 100_000
const UNDONE_REMEMBERED = 10_000
/** Ended in one look-up at most: the packet does not wait until a hundred thousand are cleared away. */
const ENDED_EACH = 8
const ENDED_TOGETHER = 5_000

export function createSourceTable(options: SourceTableOptions): SourceTable {
  return new Table(options)
}

class Table implements SourceTable {
  readonly #options: SourceTableOptions
  readonly #limit: number
  /** By `keyOfTarget`. */
  readonly #entries = new Map<string, Entry>()
  readonly #shelves = new Shelves()
  readonly #ends = new ExpiryQueue<Entry>(
    (entry, at) => this.#entries.get(entry.key) === entry && endOf(entry.decision) === at,
  )
  readonly #memory = new Memory()
  readonly #enforced: SourceIndex
  readonly #tried: SourceIndex
  readonly #allowed: SourceIndex
  /** Ids that were taken back here: their end may be written after others read on. */
  readonly #undoneHere = new BoundedMap<string, true>(UNDONE_REMEMBERED)
  readonly #counts: Record<SourceAction, number> = { ban: 0, 'back-off': 0, allow: 0 }
  /** Without those that are only tried. */
  #bans = 0
  #backOffs = 0
  // Of the look-up that runs, so that it makes no closure.
  readonly #askedAt = new Float64Array(1)
  #askedAddress = ''
  #askedSpared: boolean | undefined

  constructor(options: SourceTableOptions) {
    this.#options = options
    this.#limit = options.limit ?? DEFAULT_LIMIT
    const whereIs = options.whereIs === undefined ? undefined : (address: string) => options.whereIs!(address)
    this.#enforced = new SourceIndex(whereIs)
    this.#tried = new SourceIndex(whereIs)
    this.#allowed = new SourceIndex(whereIs)
  }

  get anyBan(): boolean {
    return this.#bans > 0
  }

  get anyBackOff(): boolean {
    return this.#backOffs > 0
  }

  banOf(source: AskedSource, now: number): SourceDecision | undefined {
    if (this.#bans === 0) return undefined
    this.#expire(now, ENDED_EACH)
    this.#askedAt[0] = now
    this.#askedAddress = source.address
    this.#askedSpared = undefined
    const found = this.#enforced.find(source, this.#mayStop)
    if (found === undefined || this.isAllowed(source.address)) return undefined
    this.#shelves.hit(found)
    return found.decision
  }

  readonly #mayStop = ({ decision }: Entry): boolean => {
    if (decision.action !== 'ban' || endOf(decision) <= this.#askedAt[0]!) return false
    // A person was told whom it hits, and meant it.
    if (decision.origin === 'operator') return true
    this.#askedSpared ??= this.#isSparedAddress(this.#askedAddress)
    return !this.#askedSpared
  }

  #isSparedAddress(address: string): boolean {
    const { spared } = this.#options
    return spared.isRegisteredSource(address) || spared.isTrunkAddress(address)
  }

  backOffOf(username: string, address: string, now: number): SourceDecision | undefined {
    if (this.#backOffs === 0) return undefined
    this.#expire(now, ENDED_EACH)
    const found = this.#enforced.account(username)
    if (found === undefined || endOf(found.decision) <= now) return undefined
    if (this.#memory.isProven(username, address, now)) return undefined
    if (this.#options.spared.isRegisteredSourceOf(username, address)) return undefined
    if (this.isAllowed(address) || this.#allowed.account(username) !== undefined) return undefined
    this.#shelves.hit(found)
    return found.decision
  }

  isAllowed(address: string): boolean {
    return this.#counts.allow > 0 && this.#allowed.findSource(address, acceptsAny) !== undefined
  }

  decide(finding: SourceFinding, now: number, mode: RuleMode = 'on'): SourceDecision | undefined {
    this.#expire(now, ENDED_TOGETHER)
    const { target, rule, reason, evidence } = finding
    // An account has an owner: it is never closed.
    const action = target.kind === 'account' ? 'back-off' : 'ban'
    if (this.#isSpared(target)) return undefined
    const actual = isWide(target) && this.#options.policy?.wideByRules !== 'on' ? 'dry-run' : mode
    const key = keyOfTarget(target, action)
    const known = this.#entries.get(key)?.decision
    // What a person or a list said stands, and what is in force is not weakened by a rule that is tried.
    if (known !== undefined && (known.origin !== 'rule' || (known.mode === 'on' && actual === 'dry-run'))) {
      return undefined
    }
    const before = known?.mode === actual ? known : undefined
    const repeat = before?.repeat ?? this.#memory.repeated(key, target.kind, actual, now)
    const expiresAt = now + until(target.kind, action, repeat)
    // Prolonged a little: told at most once in a tenth of its time.
    if (before?.expiresAt !== undefined && expiresAt - before.expiresAt < (expiresAt - now) / 10) return undefined
    const decision: SourceDecision = {
      id: before?.id ?? newId(now),
      target,
      action,
      rule,
      reason,
      evidence,
      origin: 'rule',
      mode: actual,
      at: before?.at ?? now,
      expiresAt,
      repeat,
      state: 'in-force',
    }
    this.#place(key, decision)
    this.#options.onChanged?.(decision)
    return decision
  }

  #isSpared({ kind, value }: Target): boolean {
    if (kind !== 'address' && kind !== 'socket') return false
    const address = kind === 'address' ? addressOf(value) : socketOf(value).address
    return this.#isSparedAddress(address) || this.isAllowed(address)
  }

  put({ target, action, reason, by, minutes }: OperatorDecision, now: number): SourceDecision {
    this.#expire(now, ENDED_TOGETHER)
    const decision: SourceDecision = {
      id: newId(now),
      target,
      action,
      rule: 'operator',
      reason,
      evidence: { by },
      origin: 'operator',
      mode: 'on',
      at: now,
      expiresAt: minutes === undefined ? undefined : now + minutes * 60_000,
      repeat: 0,
      state: 'in-force',
    }
    this.#place(keyOfTarget(target, action), decision)
    this.#options.onChanged?.(decision)
    return decision
  }

  undo(targetOrId: Target | string, by: string, now: number): readonly SourceDecision[] {
    const undone: SourceDecision[] = []
    for (const entry of this.#matching(targetOrId)) {
      const { decision, key } = entry
      if (!isInForce(decision, now)) continue
      this.#remove(entry)
      this.#memory.forget(key)
      this.#undoneHere.set(decision.id, true)
      const settled: SourceDecision = { ...decision, state: 'undone', undoneBy: by, undoneAt: now }
      this.#options.onChanged?.(settled)
      undone.push(settled)
    }
    return undone
  }

  #matching(targetOrId: Target | string): readonly Entry[] {
    if (typeof targetOrId === 'string') {
      return [...this.#entries.values()].filter(({ decision }) => decision.id === targetOrId)
    }
    const keys = (['ban', 'back-off', 'allow'] as const).map(action => keyOfTarget(targetOrId, action))
    const found = keys.flatMap(key => this.#entries.get(key) ?? [])
    if (targetOrId.kind !== 'address') return found
    // Whoever frees an address means all of its ports.
    const about = this.#about(addressOf(targetOrId.value))
    return [...found, ...about.filter(({ decision }) => decision.target.kind === 'socket')]
  }

  noteProven(username: string, address: string, now: number): void {
    this.#memory.noteProven(username, address, now)
  }

  explain(subject: string, now: number): Explanation {
    const { spared } = this.#options
    return explain(subject, now, {
      spared,
      about: address => this.#about(address),
      ofAccount: username =>
        [this.#enforced, this.#tried, this.#allowed].flatMap(index => index.account(username) ?? []),
      all: () => this.#entries.values(),
    })
  }

  #about(address: string): readonly Entry[] {
    return [this.#allowed, this.#enforced, this.#tried].flatMap(index => index.about(address))
  }

  list(now: number, limit = this.#limit): readonly SourceDecision[] {
    this.#expire(now, Number.POSITIVE_INFINITY)
    const all = Array.from(this.#entries.values(), ({ decision }) => decision)
    return all.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit)
  }

  count(now: number): Readonly<Record<SourceAction, number>> {
    this.#expire(now, Number.POSITIVE_INFINITY)
    return { ...this.#counts }
  }

  hitsOf({ target, action, id }: SourceDecision): number {
    const entry = this.#entries.get(keyOfTarget(target, action))
    return entry?.decision.id === id ? entry.hits : 0
  }

  restoreFrom(decisions: readonly SourceDecision[], now: number): void {
    for (const decision of decisions) {
      const key = keyOfTarget(decision.target, decision.action)
      this.#memory.restore(key, decision)
      if (isInForce(decision, now) && !this.#entries.has(key)) this.#place(key, decision)
    }
  }

  adopt(decisions: readonly SourceDecision[], now: number): void {
    this.#expire(now, ENDED_TOGETHER)
    for (const decision of decisions) {
      const key = keyOfTarget(decision.target, decision.action)
      const known = this.#entries.get(key)
      if (!supersedes(decision, known?.decision, now)) continue
      if (decision.state === 'in-force') {
        if (this.#undoneHere.has(decision.id)) continue
        this.#memory.restore(key, decision)
        this.#place(key, decision)
      } else if (known !== undefined) {
        this.#remove(known)
        this.#memory.forget(key)
      }
    }
  }

  #place(key: string, decision: SourceDecision): void {
    const before = this.#entries.get(key)
    if (before !== undefined) this.#unlink(before)
    else if (this.#entries.size >= this.#limit) this.#makeRoom()
    const hits = before?.decision.id === decision.id ? before.hits : 0
    const entry: Entry = { key, decision, hits }
    this.#entries.set(key, entry)
    this.#shelves.add(entry)
    this.#indexOf(decision).add(entry)
    this.#count(decision, 1)
    if (decision.expiresAt !== undefined) this.#ends.push(entry, decision.expiresAt)
    // Each prolonging leaves one behind.
    if (this.#ends.size > 2 * this.#limit + 1_000) this.#ends.compact()
    this.#options.mirror?.placed(decision)
  }

  #remove(entry: Entry): void {
    this.#unlink(entry)
    this.#options.mirror?.removed(entry.decision)
  }

  #unlink(entry: Entry): void {
    const { key, decision } = entry
    this.#entries.delete(key)
    this.#shelves.delete(entry)
    this.#indexOf(decision).delete(decision.target)
    this.#count(decision, -1)
  }

  #indexOf({ action, mode }: SourceDecision): SourceIndex {
    if (action === 'allow') return this.#allowed
    return mode === 'on' ? this.#enforced : this.#tried
  }

  #count({ action, mode }: SourceDecision, change: number): void {
    this.#counts[action] += change
    if (mode === 'dry-run') return
    if (action === 'ban') this.#bans += change
    else if (action === 'back-off') this.#backOffs += change
  }

  #expire(now: number, most: number): void {
    if (this.#ends.next > now) return
    for (let ended = 0; ended < most; ended++) {
      const entry = this.#ends.take(now)
      if (entry === undefined) return
      this.#remove(entry)
      this.#options.onExpired?.(entry.decision)
    }
  }

  #makeRoom(): void {
    const key = this.#shelves.takeLeastUseful()
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (entry === undefined) return
    this.#remove(entry)
    this.#options.onEvicted?.(entry.decision)
  }
}

function acceptsAny(): boolean {
  return true
}

function isWide({ kind }: Target): boolean {
  return kind === 'network' || kind === 'as' || kind === 'country'
}
