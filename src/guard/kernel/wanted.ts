/** What the kernel should hold, and what of it changed since it was told. */
import { BoundedMap } from '../../base/bounded.ts'
import type { SourceDecision } from '../sources/types.ts'
import { elementOf, type KernelElement, keyOfElement, type SetName, widest } from './element.ts'
import { additionScript, emptyingScript, withdrawalScript } from './script.ts'

/** A person's networks and what is allowed: few, written whole. */
const MAXIMUM_NETWORKS = 10_000
/** Looked at in one round: whether it is over, and whether it is spared by now. */
const LOOKS = 4_000

interface Held extends KernelElement {
  /** What was decided: one that is over says nothing about the one after it. */
  readonly decisionId: string
}

export class Wanted {
  readonly #limit: number
  readonly #isSpared: (address: string) => boolean
  readonly #bans: BoundedMap<string, Held>
  readonly #networks = new BoundedMap<string, Held>(MAXIMUM_NETWORKS)
  readonly #allowed = new BoundedMap<string, Held>(MAXIMUM_NETWORKS)
  readonly #changed = new Map<string, Pick<KernelElement, 'set' | 'text'>>()
  /** Of bans: those that the kernel has not, because they are spared. */
  readonly #spared = new Set<string>()
  #networksChanged = false
  #allowedChanged = false
  #round: IterableIterator<[string, Held]> | undefined

  #isLost = false

  constructor(limit: number, isSpared: (address: string) => boolean) {
    this.#limit = limit
    this.#isSpared = isSpared
    this.#bans = new BoundedMap(limit, (key, held) => this.#withdraw(key, held))
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0 || this.#networksChanged || this.#allowedChanged || this.#isLost
  }

  /** More changed than is worth to be told one by one. */
  get isLost(): boolean {
    return this.#isLost
  }

  get banned(): number {
    return this.#bans.size - this.#spared.size + this.#networks.size
  }

  get allowed(): number {
    return this.#allowed.size
  }

  place(decision: SourceDecision): void {
    const element = elementOf(decision)
    if (element === undefined) {
      // It took the place of one that the kernel may have.
      this.#drop(enforced(decision))
      return
    }
    const key = keyOfElement(element)
    this.#shelfOf(element.set).set(key, { ...element, decisionId: decision.id })
    this.#mark(key, element)
  }

  remove(decision: SourceDecision): void {
    this.#drop(enforced(decision), decision.id)
  }

  #drop(decision: SourceDecision, onlyId?: string): void {
    const element = elementOf(decision)
    if (element === undefined) return
    const key = keyOfElement(element)
    const shelf = this.#shelfOf(element.set)
    const held = shelf.get(key)
    if (held === undefined || (onlyId !== undefined && held.decisionId !== onlyId)) return
    shelf.delete(key)
    this.#spared.delete(key)
    this.#mark(key, element)
  }

  /** A phone registered there. */
  spare(address: string): void {
    // The target of a ban is spelled as the source is counted, whatever the address is in full.
    const like = elementOf(addressBan(address))
    const key = like && keyOfElement(like)
    const held = key === undefined ? undefined : this.#bans.get(key)
    if (key !== undefined && held?.sparedBy !== undefined && !this.#spared.has(key)) this.#mark(key, held)
  }

  /** One round of looking: what is over is forgotten, what is spared by now goes, and what is not any more comes back. */
  look(now: number): void {
    this.#round ??= this.#bans.entries()
    for (let looks = 0; looks < LOOKS; looks++) {
      const next = this.#round.next()
      if (next.done === true) {
        this.#round = undefined
        break
      }
      const [key, held] = next.value
      if (isOver(held, now)) this.#forget(key)
      else if (this.#spares(held) !== this.#spared.has(key)) this.#mark(key, held)
    }
    for (const [key, held] of this.#networks.entries()) {
      if (isOver(held, now)) this.#networksChanged = this.#networks.delete(key)
    }
    for (const [key, held] of this.#allowed.entries()) {
      if (isOver(held, now)) this.#allowedChanged = this.#allowed.delete(key)
    }
  }

  /** Everything, for a table that was made anew. What changed before is in it. */
  *whole(table: string, now: number): Generator<string> {
    this.#changed.clear()
    this.#spared.clear()
    this.#networksChanged = false
    this.#allowedChanged = false
    this.#isLost = false
    yield* additionScript(table, widest(this.#allowed.values()), now)
    yield* additionScript(table, widest(this.#networks.values()), now)
    yield* additionScript(table, this.#unspared(this.#bans.entries()), now)
  }

  /** What changed, the allow-list first. Nothing of it is told again. */
  changes(table: string, now: number): readonly string[] {
    const script: string[] = []
    if (this.#allowedChanged) {
      script.push(...emptyingScript(table, ['allow4', 'allow6']))
      script.push(...additionScript(table, widest(this.#allowed.values()), now))
    }
    if (this.#networksChanged) {
      script.push(...emptyingScript(table, ['net4', 'net6']))
      script.push(...additionScript(table, widest(this.#networks.values()), now))
    }
    script.push(...withdrawalScript(table, this.#changed.values()))
    script.push(...additionScript(table, this.#unspared(this.#stillHeld()), now))
    this.#changed.clear()
    this.#networksChanged = false
    this.#allowedChanged = false
    return script
  }

  *#stillHeld(): Generator<[string, Held]> {
    for (const key of this.#changed.keys()) {
      const held = this.#bans.get(key)
      if (held !== undefined) yield [key, held]
    }
  }

  *#unspared(entries: Iterable<[string, Held]>): Generator<KernelElement> {
    for (const [key, held] of entries) {
      if (this.#spares(held)) this.#spared.add(key)
      else {
        this.#spared.delete(key)
        yield held
      }
    }
  }

  #spares({ sparedBy }: Held): boolean {
    return sparedBy !== undefined && this.#isSpared(sparedBy)
  }

  #shelfOf(set: SetName): BoundedMap<string, Held> {
    return set.startsWith('ban') ? this.#bans : set.startsWith('net') ? this.#networks : this.#allowed
  }

  #mark(key: string, { set, text }: Pick<KernelElement, 'set' | 'text'>): void {
    if (set.startsWith('allow')) this.#allowedChanged = true
    else if (set.startsWith('net')) this.#networksChanged = true
    else if (this.#changed.size < this.#limit) this.#changed.set(key, { set, text })
    else this.#isLost = true
  }

  /** The kernel forgot it by itself. */
  #forget(key: string): void {
    this.#bans.delete(key)
    this.#spared.delete(key)
  }

  #withdraw(key: string, held: Held): void {
    this.#spared.delete(key)
    this.#mark(key, held)
  }
}

function isOver({ expiresAt }: KernelElement, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

function enforced(decision: SourceDecision): SourceDecision {
  return { ...decision, mode: 'on', origin: 'operator', state: 'in-force' }
}

function addressBan(value: string): SourceDecision {
  const target = { kind: 'address', value } as const
  const said = { rule: '', reason: '', evidence: {}, origin: 'rule', mode: 'on' } as const
  return { id: '', target, action: 'ban', ...said, at: 0, expiresAt: undefined, repeat: 0, state: 'in-force' }
}
