/**
 * Checks a log, or an export of it, with the public key alone. Statements first, then rows by position. What is found is
 * named; after a finding the check goes on from what is claimed, so that one altered row is one problem.
 */
import type { KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { RingfenceEvent } from '../catalogue.ts'
import { EVENT_CLASSES, type EventClass } from '../event-class.ts'
import { joinEvent, opens, readDocument } from './document.ts'
import { digestOf, emptyHeads, linkOf } from './link.ts'
import { readStatement, statementHash } from './statement.ts'
import type { ChainedRow, Checkpoint, Dropped, Head, Problem, SignedStatement, Verdict } from './types.ts'

const LISTED = 100

export interface VerifierOptions {
  readonly publicKey: KeyObject
  /** The rows begin after this checkpoint instead of at the beginning of the log. */
  readonly startsAfter?: number
  /** The last row asked for: that the log goes on is no truncation. */
  readonly endsAt?: number
}

export interface Verifier {
  /** In order, all before the first row. */
  statement(signed: SignedStatement): void
  /** `event`: as it is shown, to be held against what was chained. */
  row(row: ChainedRow, event?: RingfenceEvent): void
  /** A line that is neither. */
  malformed(detail: string): void
  end(): Verdict
}

export function createVerifier(options: VerifierOptions): Verifier {
  return new ChainVerifier(options)
}

class ChainVerifier implements Verifier {
  readonly #options: VerifierOptions
  readonly #problems: Problem[] = []
  #moreProblems = 0
  #lastSigned: SignedStatement | undefined
  #number = 0
  readonly #checkpoints: Checkpoint[] = []
  readonly #dropped = new Map<EventClass, Dropped>()
  readonly #droppedCounts = new Map<EventClass, number>()
  readonly #erasedKeys = new Set<number>()
  #heads: Record<EventClass, Head> | undefined
  #due = 0
  #events = 0
  #erasedParts = 0
  #first: number | undefined
  #last = 0
  #droppedTo = 0

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  statement(signed: SignedStatement): void {
    const statement = readStatement(signed, this.#options.publicKey)
    if (statement === undefined) {
      this.#add('statement-forged', undefined, `statement ${this.#number + 1} is not signed with this key`)
      return
    }
    if (statement.number !== this.#number + 1) {
      const text = `between statements ${this.#number} and ${statement.number}`
      this.#add(statement.number > this.#number ? 'statement-missing' : 'statement-replaced', undefined, text)
    } else if (statement.previous !== statementHash(this.#lastSigned)) {
      this.#add('statement-replaced', undefined, `statement ${this.#number} is not the one that was followed`)
    }
    this.#number = Math.max(this.#number, statement.number)
    this.#lastSigned = signed
    if (statement.kind === 'checkpoint') this.#checkpoints.push(statement)
    else if (statement.kind === 'erased') for (const key of statement.keys) this.#erasedKeys.add(key)
    else {
      this.#dropped.set(statement.class, statement)
      this.#droppedCounts.set(statement.class, (this.#droppedCounts.get(statement.class) ?? 0) + statement.count)
      this.#droppedTo = Math.max(this.#droppedTo, statement.position)
    }
  }

  row(row: ChainedRow, event?: RingfenceEvent): void {
    const heads = this.#begin()
    this.#checkPosition(row.position)
    this.#checkpointsBefore(row.position)
    const head = heads[row.class]
    if (row.sequence <= head.sequence) {
      this.#add('reordered', row.position, `it has number ${row.sequence} of ${row.class}, which was passed already`)
    } else if (row.sequence > head.sequence + 1) {
      const count = row.sequence - head.sequence - 1
      this.#add('removed', row.position, `${count} of ${row.class} before this position`)
    }
    const isNext = row.sequence === head.sequence + 1
    const digest = row.document === undefined ? (row.digest ?? '') : digestOf(row.document)
    if (isNext && linkOf(head.hash, row.position, row.sequence, digest) !== row.hash) {
      this.#add('altered', row.position, 'the event does not fit its place in the chain')
    }
    if (row.sequence > head.sequence) heads[row.class] = { sequence: row.sequence, hash: row.hash }
    if (row.document !== undefined) this.#checkContent(row, row.document, event)
    this.#events++
    this.#first ??= row.position
    this.#last = Math.max(this.#last, row.position)
  }

  malformed(detail: string): void {
    this.#add('malformed', this.#last === 0 ? undefined : this.#last, detail)
  }

  end(): Verdict {
    this.#begin()
    const newest = this.#checkpoints.at(-1)
    const { endsAt } = this.#options
    const end = endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt + 1
    if (newest !== undefined && newest.position > Math.max(this.#last, this.#droppedTo) && endsAt === undefined) {
      const text = `the log ends at ${this.#last}, and checkpoint ${newest.number} vouches for it up to ${newest.position}`
      this.#add('truncated', this.#last, text)
    } else this.#checkpointsBefore(end)
    const vouching = this.#checkpoints.findLast(each => each.position < end)
    const signedUpTo = vouching?.position ?? 0
    return {
      sound: this.#problems.length === 0,
      problems: this.#problems,
      moreProblems: this.#moreProblems,
      events: this.#events,
      first: this.#first,
      last: this.#first === undefined ? undefined : this.#last,
      checkpoints: this.#checkpoints.length,
      signedUpTo,
      signedAt: vouching?.at,
      unsigned: Math.max(0, this.#last - Math.max(signedUpTo, (this.#first ?? 1) - 1)),
      dropped: [...this.#droppedCounts.values()].reduce((sum, each) => sum + each, 0),
      erasedParts: this.#erasedParts,
    }
  }

  /** Where each class begins: at nothing, at a checkpoint, or after what retention dropped. */
  #begin(): Record<EventClass, Head> {
    if (this.#heads !== undefined) return this.#heads
    const heads: Record<EventClass, Head> = { ...emptyHeads() }
    const { startsAfter = 0 } = this.#options
    if (startsAfter > 0) {
      const start = this.#checkpoints.find(each => each.position === startsAfter)
      if (start === undefined) {
        this.#add('statement-missing', undefined, `no checkpoint at position ${startsAfter}, where it is said to begin`)
      } else Object.assign(heads, start.heads)
      while ((this.#checkpoints[this.#due]?.position ?? Number.POSITIVE_INFINITY) <= startsAfter) this.#due++
      this.#last = startsAfter
    }
    for (const [name, { head }] of this.#dropped) if (head.sequence > heads[name].sequence) heads[name] = head
    this.#heads = heads
    return heads
  }

  #checkPosition(position: number): void {
    if (position <= this.#last) {
      this.#add('reordered', position, `it stands after position ${this.#last}`)
    } else if (position > Math.max(this.#last, this.#droppedTo) + 1) {
      const from = Math.max(this.#last, this.#droppedTo) + 1
      this.#add(
        'removed',
        position,
        from === position - 1 ? `position ${from}` : `positions ${from} to ${position - 1}`,
      )
    }
  }

  #checkpointsBefore(position: number): void {
    for (; this.#due < this.#checkpoints.length; this.#due++) {
      const checkpoint = this.#checkpoints[this.#due]!
      if (checkpoint.position >= position) return
      for (const name of EVENT_CLASSES) this.#compare(checkpoint, name)
    }
  }

  #compare({ number, position, heads }: Checkpoint, name: EventClass): void {
    const signed = heads[name]
    const found = this.#heads![name]
    // What was dropped since is vouched for by the record of that.
    if (signed.sequence < (this.#dropped.get(name)?.head.sequence ?? 0)) return
    if (found.sequence < signed.sequence) {
      const text = `${signed.sequence - found.sequence} of ${name} before checkpoint ${number}`
      this.#add('removed', position, text)
      this.#heads![name] = signed
    } else if (found.sequence !== signed.sequence || found.hash !== signed.hash) {
      this.#add('altered', position, `the events of ${name} are not those that checkpoint ${number} vouches for`)
    }
  }

  #checkContent(row: ChainedRow, text: string, event: RingfenceEvent | undefined): void {
    const document = readDocument(text)
    if (document === undefined) {
      this.#add('malformed', row.position, 'its document cannot be read')
      return
    }
    const parts = document.sealed.map(([key], index) => {
      const opening = row.openings[index]
      if (opening === undefined || opening === null) {
        if (this.#erasedKeys.has(key)) this.#erasedParts++
        else this.#add('withheld', row.position, `part ${index + 1} is not shown, and its key was not destroyed`)
        return undefined
      }
      if (!opens(document, index, opening)) {
        this.#add('altered', row.position, `part ${index + 1} does not hold what was sealed`)
      }
      return opening.values
    })
    if (event === undefined) return
    const chained: unknown = JSON.parse(JSON.stringify(joinEvent(document, parts)))
    if (!isDeepStrictEqual(chained, JSON.parse(JSON.stringify(event)))) {
      this.#add('altered', row.position, 'the event that is shown is not the one that was chained')
    }
  }

  #add(kind: Problem['kind'], position: number | undefined, detail: string): void {
    if (this.#problems.length < LISTED) this.#problems.push({ kind, position, detail })
    else this.#moreProblems++
  }
}
