/** What attackers send in a day, as detection sees it: scanners, guessers and botnets, drawn by a seed, in order of time. No sockets. */
import type { SeenFrom, Sight } from '../../../src/guard/source-guard.ts'
import type { Pick } from '../phone-numbers.ts'

export type ScannerKind =
  | 'sweep'
  | 'enumeration'
  | 'slow-enumeration'
  | 'dictionary'
  | 'spray'
  | 'toll'
  | 'junk'
  | 'decoys'
  | 'replay'
  | 'distributed'

const KINDS: readonly ScannerKind[] = [
  'sweep',
  'sweep',
  'enumeration',
  'slow-enumeration',
  'dictionary',
  'spray',
  'toll',
  'junk',
  'decoys',
  'replay',
]

export interface Scanner {
  readonly kind: ScannerKind
  readonly from: SeenFrom
  readonly index: number
  /** Messages that it still sends. */
  left: number
  sent: number
}

export function addressOfScanner(index: number): string {
  if (index % 16 === 15) return `2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::1`
  return `45.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
}

/** `kind`: default drawn. Half of them come over UDP. */
export function scannerAt(
  pick: Pick,
  index: number,
  left: number,
  kind = KINDS[pick(KINDS.length)]!,
  connects = pick(2) === 0,
): Scanner {
  const proven = kind === 'junk' || connects
  const address = addressOfScanner(index)
  const flowId = proven ? `scanner-${index}` : undefined
  return { kind, index, left, sent: 0, from: { address, port: 5060 + pick(3), proven, flowId } }
}

const DECOYS = ['admin', '1000', '100', 'test', 'asterisk']

/** What its next message comes to, unless it is dropped unread. `victim`: the user name of one of our phones. */
export function nextSight(scanner: Scanner, victim: string): Sight {
  scanner.left--
  const turn = scanner.sent++
  switch (scanner.kind) {
    case 'sweep':
      return {
        kind: 'refused',
        rule: turn % 4 === 0 ? 'dropUnknownSource' : 'dropScanner',
        method: 'OPTIONS',
        target: '100',
      }
    case 'enumeration':
      if (turn > 20) return { kind: 'refused', rule: 'dropEnumeration', method: 'REGISTER', target: `${200 + turn}` }
      return { kind: 'challenged', username: `${200 + turn}`, userAgent: 'Desk phone' }
    case 'slow-enumeration':
      return { kind: 'challenged', username: `${scanner.index % 97}-${turn}`, userAgent: 'Desk phone' }
    case 'dictionary':
      return { kind: 'failed', username: `guess${scanner.index % 1000}`, exists: false, tenant: undefined }
    case 'spray':
      return { kind: 'failed', username: `leaked${turn}`, exists: false, tenant: undefined }
    case 'toll':
      return {
        kind: 'refused',
        rule: 'dropUnknownSource',
        method: 'INVITE',
        target: `00${'0'.repeat(turn % 5)}4412345`,
      }
    case 'junk':
      if (turn % 2 === 0) return { kind: 'connected' }
      return { kind: 'handshake-failed', why: turn % 4 === 1 ? 'not TLS' : 'handshake timeout' }
    case 'decoys':
      return { kind: 'decoy', name: DECOYS[turn % DECOYS.length]! }
    case 'replay':
      return { kind: 'replayed', username: victim }
    case 'distributed':
      return { kind: 'failed', username: victim, exists: true, tenant: undefined }
  }
}

export interface ScanOptions {
  readonly messages: number
  readonly sources: number
  /** Its sources are those with this index and the following. Default 0. */
  readonly firstSource?: number | undefined
  /** Milliseconds. */
  readonly from: number
  readonly lengthMs: number
  /** Half of all sources come within this hour, if it is given: a botnet. */
  readonly botnetHour?: number | undefined
}

const HOUR = 3_600_000
/** At a time. */
const ACTIVE = 500
const OF_A_BOT = 8
/** So much faster messages come while it is there. */
const BOTNET_FACTOR = 8

/** All messages in order of time, one after the other at an even rate: `take` says who sends the next one, and when. */
export class ScannerDay {
  readonly #pick: Pick
  readonly #options: ScanOptions
  readonly #active: Scanner[] = []
  readonly #usual: number
  readonly #usualLeft: number
  readonly #first: number
  #bots = 0
  #seen = 0
  #next = 0
  #at = 0
  #sent = 0
  #botOnLine: Scanner | undefined
  readonly #stepMs: number

  constructor(pick: Pick, options: ScanOptions) {
    const { botnetHour, messages, sources } = options
    this.#pick = pick
    this.#first = options.firstSource ?? 0
    this.#options = options
    this.#bots = botnetHour === undefined ? 0 : Math.floor(Math.min(sources / 2, messages / 3 / OF_A_BOT))
    this.#usual = sources - this.#bots
    this.#usualLeft = Math.max(1, Math.floor((messages - this.#bots * OF_A_BOT) / this.#usual))
    this.#at = options.from
    const ofBots = this.#bots * OF_A_BOT
    this.#stepMs = options.lengthMs / (messages - ofBots + ofBots / BOTNET_FACTOR)
  }

  get at(): number {
    return this.#at
  }

  /** Different ones until now. */
  get sources(): number {
    return this.#next + this.#seen
  }

  take(): Scanner | undefined {
    const { messages, from, lengthMs, botnetHour } = this.#options
    if (this.#sent >= messages) return undefined
    const bots = botnetHour !== undefined && this.#bots > 0 && this.#at >= from + botnetHour * HOUR
    // A botnet comes on top: within its hour most messages are its own.
    if (bots && this.#pick(BOTNET_FACTOR) > 0) return this.#bot()
    this.#sent++
    this.#at = Math.min(this.#at + this.#stepMs, from + lengthMs)
    const slot = this.#pick(ACTIVE)
    let scanner = this.#active[slot]
    if (scanner === undefined || scanner.left <= 0) {
      // Few send much, many send little; who is through comes back at a later time.
      const left = this.#pick(10) === 0 ? this.#usualLeft * 6 : Math.ceil(this.#usualLeft / 2)
      const isNew = this.#next < this.#usual
      scanner = scannerAt(this.#pick, this.#first + (isNew ? this.#next++ : this.#pick(this.#usual)), left)

      this.#active[slot] = scanner
    }
    return scanner
  }

  #bot(): Scanner {
    this.#sent++
    this.#at += this.#stepMs / BOTNET_FACTOR
    if (this.#botOnLine !== undefined && this.#botOnLine.left > 0) return this.#botOnLine
    this.#bots--
    this.#seen++
    const kind: ScannerKind = this.#pick(10) === 0 ? 'distributed' : 'decoys'
    const bot = scannerAt(this.#pick, this.#first + this.#usual + this.#bots, OF_A_BOT, kind, true)
    this.#botOnLine = bot
    return bot
  }
}
