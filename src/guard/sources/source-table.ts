/** Decisions about sources in force: bounded, on the time that the caller gives, each with an end and an undo. */
import { BoundedMap } from '../../base/bounded.ts'
import { newId } from '../../base/ids.ts'
import { parseNetwork, sourceKey } from '../../base/network.ts'
import { until } from './durations.ts'
import { explain } from './explain.ts'
import { NetworkTable } from './network-table.ts'
import { isInForce, keyOf, keyOfTarget } from './target.ts'
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

/** What the registry of addresses says of one. */
export interface Whereabouts {
  readonly as: number | undefined
  readonly country: string | undefined
}

export interface SourceTableOptions {
  readonly spared: Spared
  /** Decisions kept. Default 100,000. */
  readonly limit?: number
  whereIs?(address: string): Whereabouts
  /** One that was in force made room for another. */
  onEvicted?(decision: SourceDecision): void
  /** Anything that has to be kept: new, prolonged, taken back. */
  onChanged?(decision: SourceDecision): void
}

const DEFAULT_LIMIT = 100_000
/** How long a source that proved an account's secret is no stranger to it. */
const PROVEN_MS = 24 * 3_600_000
const MAXIMUM_PROVEN = 50_000
/** Decisions after which somebody who comes again gets a longer one. */
const REPEAT_MS = 30 * 24 * 3_600_000
const MAXIMUM_REPEATS = 100_000
/** Looked at in search of one that is over, before one in force goes. */
const MAXIMUM_LOOKS = 32

export function createSourceTable(options: SourceTableOptions): SourceTable {
  return new Table(options)
}

interface Repeats {
  count: number
  last: number
}

class Table implements SourceTable {
  readonly #options: SourceTableOptions
  readonly #limit: number
  /** By `keyOf(target, action)`, in order of the last change, on shelves by how little would be missed. */
  readonly #byKey = new Map<string, SourceDecision>()
  readonly #shelves: readonly Map<string, true>[] = [new Map(), new Map(), new Map(), new Map()]
  readonly #networks = new NetworkTable()
  readonly #allowedNetworks = new NetworkTable()
  readonly #counts: Record<SourceAction, number> = { ban: 0, 'back-off': 0, allow: 0 }
  #wide = 0
  readonly #proven = new BoundedMap<string, number>(MAXIMUM_PROVEN)
  readonly #repeats = new BoundedMap<string, Repeats>(MAXIMUM_REPEATS)
  /** Of the allow-list, which is asked before each ban: who is on it. */
  readonly #allowed = new BoundedMap<string, boolean>(10_000)

  constructor(options: SourceTableOptions) {
    this.#options = options
    this.#limit = options.limit ?? DEFAULT_LIMIT
  }

  get anyBan(): boolean {
    return this.#counts.ban > 0
  }

  get anyBackOff(): boolean {
    return this.#counts['back-off'] > 0
  }

  banOf(source: AskedSource, now: number): SourceDecision | undefined {
    if (this.#counts.ban === 0) return undefined
    const found = this.#find(source, now)
    if (found === undefined || found.mode === 'dry-run') return undefined
    const { spared } = this.#options
    const isSpared = spared.isRegisteredSource(source.address) || spared.isTrunkAddress(source.address)
    // A person was told whom it hits, and meant it.
    if (isSpared && found.origin !== 'operator') return undefined
    return this.isAllowed(source.address) ? undefined : found
  }

  #find({ address, port, proven, flowId }: AskedSource, now: number): SourceDecision | undefined {
    if (!proven) {
      const socket = this.#live(`ban socket ${address} ${port}`, now)
      if (socket !== undefined) return socket
    } else if (flowId !== undefined) {
      const flow = this.#live(`ban flow ${flowId}`, now)
      if (flow !== undefined) return flow
    }
    const exact = this.#live(`ban address ${sourceKey(address)}`, now)
    if (exact !== undefined) return exact
    const network = this.#networks.isEmpty ? undefined : this.#networks.find(address)
    if (network !== undefined) {
      const found = this.#live(`ban network ${network}`, now)
      if (found !== undefined) return found
    }
    return this.#wide === 0 ? undefined : this.#findWide(address, now)
  }

  #findWide(address: string, now: number): SourceDecision | undefined {
    const where = this.#options.whereIs?.(address)
    if (where === undefined) return undefined
    const bySystem = where.as === undefined ? undefined : this.#live(`ban as AS${where.as}`, now)
    if (bySystem !== undefined || where.country === undefined) return bySystem
    return this.#live(`ban country ${where.country}`, now)
  }

  /** The decision of this key, unless it is over: then it goes. */
  #live(key: string, now: number): SourceDecision | undefined {
    const decision = this.#byKey.get(key)
    if (decision === undefined || isInForce(decision, now)) return decision
    this.#remove(key, decision)
    return undefined
  }

  backOffOf(username: string, address: string, now: number): SourceDecision | undefined {
    if (this.#counts['back-off'] === 0) return undefined
    const decision = this.#live(`back-off ${keyOf({ kind: 'account', value: username })}`, now)
    if (decision === undefined || decision.mode === 'dry-run') return undefined
    const provenAt = this.#proven.get(provenKey(username, address))
    if (provenAt !== undefined && now - provenAt <= PROVEN_MS) return undefined
    if (this.#options.spared.isRegisteredSourceOf(username, address)) return undefined
    return this.isAllowed(address) ? undefined : decision
  }

  isAllowed(address: string): boolean {
    if (this.#counts.allow === 0) return false
    const key = sourceKey(address)
    let allowed = this.#allowed.get(key)
    if (allowed === undefined) {
      allowed = this.#byKey.has(`allow address ${key}`) || this.#allowedNetworks.find(address) !== undefined
      this.#allowed.set(key, allowed)
    }
    return allowed
  }

  decide(finding: SourceFinding, now: number): SourceDecision | undefined {
    const { target, action, rule, reason, evidence } = finding
    if (this.#isSpared(target)) return undefined
    const key = keyOfTarget(target, action)
    const before = this.#live(key, now)
    // What a person said stands.
    if (before !== undefined && before.origin === 'operator') return undefined
    const id = before?.id ?? newId(now)
    const repeat = before === undefined ? this.#repeated(key, now) : before.repeat
    const expiresAt = now + until(target.kind, action, repeat)
    const at = before?.at ?? now
    const decision: SourceDecision = {
      id,
      target,
      action,
      rule,
      reason,
      evidence,
      origin: 'rule',
      mode: 'on',
      at,
      expiresAt,
      repeat,
      state: 'in-force',
    }
    // Prolonged a little: told at most once in a tenth of its time.
    if (before?.expiresAt !== undefined && expiresAt - before.expiresAt < (expiresAt - now) / 10) return undefined
    this.#insert(key, decision, now)
    return decision
  }

  #isSpared({ kind, value }: Target): boolean {
    const address =
      kind === 'address' ? value.replace(/\/64$/, '') : kind === 'socket' ? value.split(' ')[0]! : undefined
    if (address === undefined) return false
    const { spared } = this.#options
    return spared.isRegisteredSource(address) || spared.isTrunkAddress(address) || this.isAllowed(address)
  }

  #repeated(key: string, now: number): number {
    const known = this.#repeats.touch(key)
    if (known === undefined || now - known.last > REPEAT_MS) {
      this.#repeats.set(key, { count: 0, last: now })
      return 0
    }
    known.count++
    known.last = now
    return known.count
  }

  put({ target, action, reason, by, minutes }: OperatorDecision, now: number): SourceDecision {
    const expiresAt = minutes === undefined ? undefined : now + minutes * 60_000
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
      expiresAt,
      repeat: 0,
      state: 'in-force',
    }
    this.#insert(keyOfTarget(target, action), decision, now)
    return decision
  }

  undo(targetOrId: Target | string, by: string, now: number): readonly SourceDecision[] {
    const undone: SourceDecision[] = []
    for (const [key, decision] of this.#matching(targetOrId)) {
      if (!isInForce(decision, now)) continue
      this.#remove(key, decision)
      this.#repeats.delete(key)
      const settled: SourceDecision = { ...decision, state: 'undone', undoneBy: by }
      this.#options.onChanged?.(settled)
      undone.push(settled)
    }
    return undone
  }

  #matching(targetOrId: Target | string): readonly (readonly [string, SourceDecision])[] {
    if (typeof targetOrId === 'string') return [...this.#byKey].filter(([, { id }]) => id === targetOrId)
    const keys = (['ban', 'back-off', 'allow'] as const).map(action => keyOfTarget(targetOrId, action))
    return keys.flatMap(key => {
      const decision = this.#byKey.get(key)
      return decision === undefined ? [] : [[key, decision] as const]
    })
  }

  noteProven(username: string, address: string, now: number): void {
    const key = provenKey(username, address)
    this.#proven.touch(key)
    this.#proven.set(key, now)
  }

  explain(subject: string, now: number): Explanation {
    return explain(subject, now, this.list(now), this.#options.spared, this.#options.whereIs)
  }

  list(now: number, limit = this.#limit): readonly SourceDecision[] {
    const all = [...this.#byKey.values()].filter(decision => isInForce(decision, now))
    return all.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit)
  }

  count(now: number): Readonly<Record<SourceAction, number>> {
    for (const [key, decision] of this.#byKey) if (!isInForce(decision, now)) this.#remove(key, decision)
    return { ...this.#counts }
  }

  restoreFrom(decisions: readonly SourceDecision[], now: number): void {
    for (const decision of decisions) {
      if (!isInForce(decision, now)) continue
      const key = keyOfTarget(decision.target, decision.action)
      if (this.#byKey.has(key)) continue
      this.#repeats.set(key, { count: decision.repeat, last: decision.at })
      this.#place(key, decision, now)
    }
  }

  adopt(decisions: readonly SourceDecision[], now: number): void {
    for (const decision of decisions) {
      const key = keyOfTarget(decision.target, decision.action)
      const known = this.#byKey.get(key)
      if (isInForce(decision, now)) {
        if (known === undefined || endOf(known) < endOf(decision)) this.#place(key, decision, now)
      } else if (decision.state === 'undone' && known?.id === decision.id) {
        this.#remove(key, known)
        this.#repeats.delete(key)
      }
    }
  }

  #insert(key: string, decision: SourceDecision, now: number): void {
    this.#place(key, decision, now)
    this.#options.onChanged?.(decision)
  }

  #place(key: string, decision: SourceDecision, now: number): void {
    const before = this.#byKey.get(key)
    if (before !== undefined) this.#remove(key, before)
    else if (this.#byKey.size >= this.#limit) this.#makeRoom(now)
    this.#byKey.set(key, decision)
    this.#shelfOf(decision).set(key, true)
    this.#counts[decision.action]++
    this.#index(decision, true)
  }

  #remove(key: string, decision: SourceDecision): void {
    this.#byKey.delete(key)
    this.#shelfOf(decision).delete(key)
    this.#counts[decision.action]--
    this.#index(decision, false)
  }

  #index({ target, action }: SourceDecision, isThere: boolean): void {
    if (target.kind === 'as' || target.kind === 'country') this.#wide += isThere ? 1 : -1
    if (target.kind === 'network') {
      const networks = action === 'allow' ? this.#allowedNetworks : this.#networks
      const network = parseNetwork(target.value)
      if (network !== undefined && action !== 'back-off') {
        if (isThere) networks.add(target.value)
        else networks.delete(target.value)
      }
    }
    if (action === 'allow') this.#allowed.clear()
  }

  /** What would be missed least: tried only, one forged socket, found by a rule, said by a person. */
  #shelfOf({ mode, origin, target }: SourceDecision): Map<string, true> {
    const shelf = mode === 'dry-run' ? 0 : origin === 'operator' ? 3 : target.kind === 'socket' ? 1 : 2
    return this.#shelves[shelf]!
  }

  #makeRoom(now: number): void {
    let chosen: string | undefined
    for (const shelf of this.#shelves) {
      let looks = 0
      for (const key of shelf.keys()) {
        chosen ??= key
        if (!isInForce(this.#byKey.get(key)!, now)) {
          this.#remove(key, this.#byKey.get(key)!)
          return
        }
        if (++looks >= MAXIMUM_LOOKS) break
      }
    }
    if (chosen === undefined) return
    const decision = this.#byKey.get(chosen)!
    this.#remove(chosen, decision)
    this.#options.onEvicted?.(decision)
  }
}

function endOf({ expiresAt }: SourceDecision): number {
  return expiresAt ?? Number.POSITIVE_INFINITY
}

function provenKey(username: string, address: string): string {
  return `${keyOf({ kind: 'account', value: username })} ${sourceKey(address)}`
}
