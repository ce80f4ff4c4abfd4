/** A day of honest phones, as detection sees it: offices behind one address, homes that get new ones, wrong clocks, old passwords, a power cut. */
import type { SeenFrom, Sight } from '../../../src/guard/source-guard.ts'
import type { Spared } from '../../../src/guard/sources/types.ts'
import type { Pick } from '../phone-numbers.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
/** How long a registration lasts. A phone renews it at half of that. */
const EXPIRES = HOUR
const OF_AN_OFFICE = 250

/** `mover`: its network gives it new addresses. `double`: somebody has a second phone with the old password. */
type PhoneKind = 'usual' | 'mover' | 'wrong-clock' | 'no-count' | 'double'

interface Phone {
  readonly username: string
  readonly index: number
  readonly kind: PhoneKind
  /** Undefined: at home. */
  readonly office: number | undefined
  readonly proven: boolean
  moves: number
  /** It does not accept our certificate until then. */
  readonly clockRightAt: number
}

/** What the firewall would say about what a phone sends. */
export interface PhoneGate {
  /** `banned`: nothing is answered. `backing-off`: its credentials are not looked at. */
  ask(from: SeenFrom, username: string | undefined, at: number): 'open' | 'banned' | 'backing-off'
  observe(from: SeenFrom, sight: Sight): void
}

export interface FleetOptions {
  readonly phones: number
  readonly from: number
  /** Hours after the start at which the offices lose their power, for an hour and a half. */
  readonly powerCuts: readonly number[]
}

export interface FleetCounts {
  registered: number
  banned: number
  /** A phone with the right password at an address that is new, while its account is attacked. */
  backingOff: number
  /** Of second phones with an old password. */
  oldPasswords: number
  oldPasswordsStopped: number
}

type What = 'register' | 'old-password' | 'connect'

export class Fleet {
  readonly counts: FleetCounts = { registered: 0, banned: 0, backingOff: 0, oldPasswords: 0, oldPasswordsStopped: 0 }
  readonly phones: readonly Phone[]
  readonly #pick: Pick
  readonly #options: FleetOptions
  /** By second. */
  readonly #due = new Map<number, { readonly phone: Phone; readonly what: What }[]>()
  readonly #registrations = new Map<string, { readonly address: string; readonly until: number }>()
  readonly #addresses = new Map<string, number>()
  #second: number
  #at: number

  constructor(pick: Pick, options: FleetOptions) {
    this.#pick = pick
    this.#options = options
    this.#second = Math.floor(options.from / SECOND)
    this.#at = options.from
    this.phones = Array.from({ length: options.phones }, (_, index) => this.#phoneAt(index))
    for (const phone of this.phones) {
      this.#plan(phone, 'register', options.from + pick(EXPIRES / 2))
      if (phone.kind === 'double') this.#plan(phone, 'old-password', options.from + HOUR + pick(HOUR))
    }
    for (const hour of options.powerCuts) this.#cutPower(options.from + hour * HOUR)
  }

  /** For the table and the rules: who is registered now. */
  get spared(): Spared {
    return {
      isRegisteredSource: address => (this.#addresses.get(address) ?? 0) > this.#at,
      isRegisteredSourceOf: (username, address) => {
        const known = this.#registrations.get(username)
        return known?.address === address && known.until > this.#at
      },
      isTrunkAddress: () => false,
    }
  }

  #phoneAt(index: number): Phone {
    const drawn = this.#pick(100)
    const kind =
      drawn < 20 ? 'mover' : drawn < 22 ? 'wrong-clock' : drawn < 24 ? 'no-count' : drawn < 25 ? 'double' : 'usual'
    const inOffice = kind !== 'mover' && index % 2 === 0
    return {
      username: `phone${index}`,
      index,
      kind,
      office: inOffice ? Math.floor(index / 2 / OF_AN_OFFICE) : undefined,
      proven: this.#pick(5) > 0,
      moves: 0,
      clockRightAt: kind === 'wrong-clock' ? this.#options.from + HOUR + this.#pick(3 * HOUR) : 0,
    }
  }

  #cutPower(at: number): void {
    for (const phone of this.phones) {
      if (phone.office !== undefined) this.#plan(phone, 'connect', at + 90 * MINUTE + this.#pick(MINUTE))
    }
  }

  #isDark(phone: Phone, at: number): boolean {
    if (phone.office === undefined) return false
    const hours = (at - this.#options.from) / HOUR
    return this.#options.powerCuts.some(cut => hours >= cut && hours < cut + 1.5)
  }

  #plan(phone: Phone, what: What, at: number): void {
    const second = Math.floor(at / SECOND)
    const list = this.#due.get(second)
    if (list === undefined) this.#due.set(second, [{ phone, what }])
    else list.push({ phone, what })
  }

  /** Everything until then. */
  advance(to: number, setTime: (at: number) => void, gate: PhoneGate): void {
    for (; this.#second * SECOND <= to; this.#second++) {
      const list = this.#due.get(this.#second)
      if (list === undefined) continue
      this.#due.delete(this.#second)
      this.#at = this.#second * SECOND
      setTime(this.#at)
      for (const { phone, what } of list) this.#do(phone, what, this.#at, gate)
    }
    this.#at = Math.max(this.#at, to)
  }

  #do(phone: Phone, what: What, at: number, gate: PhoneGate): void {
    if (what === 'old-password') this.#tryOldPassword(phone, at, gate)
    // What was to renew its registration in the dark comes back with the power.
    else if (!this.#isDark(phone, at)) this.#come(phone, what, at, gate)
  }

  #come(phone: Phone, what: What, at: number, gate: PhoneGate): void {
    if (what === 'connect' && phone.proven && this.#pick(2) === 0) {
      // We have too much to do at once: it tries again.
      const from = this.#fromOf(phone)
      if (gate.ask(from, undefined, at) === 'banned') this.counts.banned++
      gate.observe(from, { kind: 'connected' })
      gate.observe(from, { kind: 'handshake-failed', why: 'handshake timeout' })
      this.#plan(phone, 'connect', at + 10 * SECOND + this.#pick(10 * SECOND))
      return
    }
    this.#register(phone, at, gate)
  }

  #register(phone: Phone, at: number, gate: PhoneGate): void {
    if (phone.kind === 'mover' && this.#pick(24) === 0) {
      this.#addresses.delete(addressOf(phone))
      phone.moves++
    }
    const from = this.#fromOf(phone)
    const { username } = phone
    if (at < phone.clockRightAt) {
      gate.observe(from, { kind: 'connected' })
      gate.observe(from, {
        kind: 'handshake-failed',
        why: 'TLS handshake failed: ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      })
      this.#plan(phone, 'register', at + MINUTE)
      return
    }
    const answer = gate.ask(from, username, at)
    if (answer !== 'open') {
      if (answer === 'banned') this.counts.banned++
      else this.counts.backingOff++
      this.#plan(phone, 'register', at + MINUTE)
      return
    }
    // The nonce of half an hour ago is too old.
    if (phone.kind === 'no-count') gate.observe(from, { kind: 'replayed', username })
    else gate.observe(from, { kind: 'challenged', username, userAgent: 'Desk phone' })
    const until = at + EXPIRES
    this.#registrations.set(username, { address: from.address, until })
    this.#addresses.set(from.address, until)
    gate.observe(from, { kind: 'succeeded', username })
    this.counts.registered++
    this.#plan(phone, 'register', at + EXPIRES / 2)
  }

  /** In the same office, or elsewhere. */
  #tryOldPassword(phone: Phone, at: number, gate: PhoneGate): void {
    const { username, index } = phone
    const address = index % 4 === 0 ? addressOf(phone) : `91.${(index >> 8) & 255}.${index & 255}.9`
    const from = { address, port: 5062, proven: true, flowId: `old-${index}` }
    this.counts.oldPasswords++
    if (gate.ask(from, username, at) !== 'open') this.counts.oldPasswordsStopped++
    else gate.observe(from, { kind: 'failed', username, exists: true, tenant: undefined })
    this.#plan(phone, 'old-password', at + 30 * SECOND + this.#pick(90 * SECOND))
  }

  #fromOf(phone: Phone): SeenFrom {
    const { proven, index } = phone
    const port = 10_000 + (index % 50_000)
    return { address: addressOf(phone), port, proven, flowId: proven ? `phone-${index}-${phone.moves}` : undefined }
  }
}

/** Behind one address: an office. */
function addressOf({ office, index, moves }: Phone): string {
  if (office !== undefined) return `81.${office >> 8}.${office & 255}.7`
  return `${90 - (moves & 7)}.${(index >> 8) & 255}.${index & 255}.${1 + ((moves >> 3) % 250)}`
}
