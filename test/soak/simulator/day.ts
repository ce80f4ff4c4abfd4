/** Hours of calls in virtual time: who calls whom, how long, and what goes wrong, by a seed. */
import type { PhoneCall } from '../../../src/test-phone/call.ts'
import { createRandom, type Random } from '../../fuzz/engine/random.ts'
import { createSimulatedPhone, type SimulatedPhone } from './phone.ts'
import { createSimulatedServer, type SimulatedServer } from './server.ts'
import { VirtualClock } from './virtual-clock.ts'
import { VirtualNetwork } from './virtual-network.ts'

export interface DayOptions {
  readonly seed: number
  readonly hours: number
  readonly callsPerMinute: number
  readonly phones: number
  /** Called each `lookMinutes` of virtual time. */
  readonly look: (minute: number, day: Day) => void
  readonly lookMinutes: number
}

/** What lives now, all of which is zero after the last call. */
export type Living = Readonly<Record<string, number>>

export interface Day {
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly server: SimulatedServer
  readonly counts: Record<string, number>
  living(): Living
}

/** How calls go, by weight. */
const SCENARIOS = {
  'caller hangs up': 44,
  'callee hangs up': 15,
  cancelled: 10,
  'not answered': 6,
  busy: 8,
  held: 6,
  'transferred blind': 3,
  'transferred attended': 2,
  'caller vanishes': 2,
  'callee vanishes': 2,
  'no such number': 1,
  'ringing phone vanishes': 1,
} as const
type Scenario = keyof typeof SCENARIOS

const MINUTE = 60_000
/** Calls that last: some longer than the session interval (1,800 s), so that sessions are refreshed. */
const TALK_MEDIAN_MS = 90_000
const LONGEST_TALK_MS = 2 * 3_600_000

export async function liveThrough(options: DayOptions): Promise<Day> {
  const simulation = new Simulation(options)
  await simulation.run()
  return simulation
}

class Simulation implements Day {
  readonly clock = new VirtualClock()
  readonly network: VirtualNetwork
  readonly server: SimulatedServer
  readonly counts: Record<string, number> = {}
  readonly #options: DayOptions
  readonly #random: Random
  readonly #phones: SimulatedPhone[] = []
  /** What each incoming call is to do, by the number that it came to. */
  readonly #plans = new Map<string, Scenario>()
  #scenarios = 0

  constructor(options: DayOptions) {
    this.#options = options
    this.#random = createRandom(options.seed)
    this.network = new VirtualNetwork(this.clock, createRandom(options.seed + 1))
    this.server = createSimulatedServer(this.clock, this.network)
  }

  living(): Living {
    const { calls, registrar, transactions, media, records, bindings } = this.server
    const phones = { transactions: 0, calls: 0 }
    for (const { phone, transactions: own } of this.#phones) {
      phones.transactions += own.footprint.clients + own.footprint.servers
      phones.calls += phone.calls.length
    }
    const { servers, clients, completed, merged, flows, timers } = transactions.footprint
    return {
      calls: calls.liveCount,
      legs: calls.legCount,
      bridges: media.bridgeCount,
      ports: media.ports.size,
      bindings: registrar.count,
      storedBindings: bindings.rows.size,
      openRecords: records.open.size,
      servers,
      clients,
      completed,
      merged,
      dependents: flows,
      transactionTimers: timers,
      phoneTransactions: phones.transactions,
      phoneCalls: phones.calls,
      scenarios: this.#scenarios,
      plans: this.#plans.size,
    }
  }

  async run(): Promise<void> {
    const { hours, callsPerMinute, lookMinutes, look } = this.#options
    await this.server.start()
    await this.#switchOn()
    const first = this.clock.monotonic()
    const gap = MINUTE / callsPerMinute
    let next = first
    let minutes = 0
    while (minutes < hours * 60) {
      minutes += lookMinutes
      const until = first + minutes * MINUTE
      while (next < until) {
        await this.#pass(next)
        this.#begin()
        // Exponential: calls come when they like, `callsPerMinute` on average.
        next += -Math.log((this.#random.next() + 1) / 2 ** 32) * gap
      }
      await this.#pass(until)
      look(minutes, this)
    }
    await this.#end()
  }

  /** Runs what falls due until then; promises have their turn after each timer. */
  async #pass(until: number): Promise<void> {
    while (this.clock.step(until)) await new Promise<void>(done => setImmediate(done))
  }

  async #switchOn(): Promise<void> {
    for (let i = 0; i < this.#options.phones; i++) {
      const number = String(1000 + i)
      const protocol = i % 3 === 2 ? 'UDP' : 'TLS'
      const address = `198.51.${100 + Math.floor(i / 250)}.${1 + (i % 250)}`
      const simulated = createSimulatedPhone({
        clock: this.clock,
        network: this.network,
        random: this.#random,
        number,
        address,
        protocol,
        ...this.server.addPhone(number),
        onRegistration: status => this.#count(status === 200 ? 'registrations' : `REGISTER ${status}`),
      })
      simulated.phone.onIncoming(call => void this.#answer(simulated, call).catch(error => this.#failed(error)))
      this.#phones.push(simulated)
      void simulated.switchOn()
    }
    await this.#pass(this.clock.monotonic() + MINUTE)
  }

  /** Nobody calls any more; the last calls end, phones unregister, and time passes until nothing may be left. */
  async #end(): Promise<void> {
    await this.#pass(this.clock.monotonic() + LONGEST_TALK_MS + 30 * MINUTE)
    this.network.lossy = false
    await this.#pass(this.clock.monotonic() + 30 * MINUTE)
    for (const { retire } of this.#phones) void retire()
    await this.#pass(this.clock.monotonic() + MINUTE)
    for (const { phone, transactions } of this.#phones) {
      await phone.stop()
      transactions.stop()
    }
    // The longest pause of a phone before it would register again.
    await this.#pass(this.clock.monotonic() + 60 * MINUTE)
    await this.server.stop()
  }

  #begin(): void {
    this.#scenarios++
    const scenario = this.#choose()
    void this.#live(scenario)
      .catch(error => this.#failed(error))
      .finally(() => this.#scenarios--)
  }

  #choose(): Scenario {
    let at = this.#random.below(Object.values(SCENARIOS).reduce((sum, weight) => sum + weight, 0))
    for (const [name, weight] of Object.entries(SCENARIOS)) {
      if (at < weight) return name as Scenario
      at -= weight
    }
    return 'caller hangs up'
  }

  #free(): SimulatedPhone | undefined {
    for (let tries = 0; tries < 20; tries++) {
      const candidate = this.#random.pick(this.#phones)
      if (candidate.reachable && candidate.phone.calls.length === 0 && !this.#plans.has(candidate.number))
        return candidate
    }
    return undefined
  }

  #later(milliseconds: number): Promise<void> {
    return new Promise(done => {
      this.clock.schedule(milliseconds, done)
    })
  }

  /** Some seconds to two hours, half of them under a minute and a half. */
  #talk(): Promise<void> {
    const length = TALK_MEDIAN_MS * Math.exp(1.3 * this.#normal())
    return this.#later(Math.min(LONGEST_TALK_MS, Math.max(1_000, length)))
  }

  /** Roughly normal: the sum of twelve. */
  #normal(): number {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += this.#random.next() / 2 ** 32
    return sum
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  #failed(error: unknown): void {
    const { message } = error as Error
    // A call may end in the middle of what a script wants to do with it.
    this.#count(`script: ${message}`)
  }

  async #live(scenario: Scenario): Promise<void> {
    const caller = this.#free()
    if (caller === undefined) return this.#count('nobody free')
    if (scenario === 'no such number') {
      const outcome = await caller.phone.call('9999').outcome
      return this.#count(`${scenario}: ${outcome.ok ? 'answered' : outcome.status}`)
    }
    // Whoever calls is in no call yet: it must not be chosen as its own callee.
    const call = await this.#place(caller, scenario)
    if (call === undefined) return this.#count('nobody free')
    const outcome = await call.call.outcome
    this.#plans.delete(call.to.number)
    this.#count(`${scenario}: ${outcome.ok ? 'answered' : outcome.status}`)
    if (outcome.ok) await this.#converse(scenario, caller, call.to, call.call)
  }

  async #place(
    caller: SimulatedPhone,
    scenario: Scenario,
  ): Promise<{ readonly call: PhoneCall; readonly to: SimulatedPhone } | undefined> {
    const to = this.#free()
    if (to === undefined || to === caller) return undefined
    this.#plans.set(to.number, scenario)
    const call = caller.phone.call(to.number)
    if (scenario === 'cancelled') {
      await this.#later(this.#random.below(12_000))
      await call.hangup()
    }
    return { call, to }
  }

  async #answer(simulated: SimulatedPhone, call: PhoneCall): Promise<void> {
    const scenario = this.#plans.get(simulated.number)
    if (scenario === 'busy') return call.reject(486)
    if (scenario === 'not answered') return
    await this.#later(500 + this.#random.below(9_000))
    if (isOver(call)) return
    if (scenario === 'ringing phone vanishes') return simulated.vanish('reset', this.#away())
    await call.answer()
    if (scenario !== 'callee hangs up') return
    await this.#talk()
    await call.hangup()
  }

  #away(): number {
    return 20_000 + this.#random.below(100_000)
  }

  async #converse(scenario: Scenario, caller: SimulatedPhone, callee: SimulatedPhone, call: PhoneCall): Promise<void> {
    if (scenario === 'callee hangs up') return void (await call.ended)
    await this.#talk()
    if (isOver(call)) return
    if (scenario === 'caller vanishes') return caller.vanish(this.#random.oneIn(2) ? 'reset' : 'silence', this.#away())
    if (scenario === 'callee vanishes') return callee.vanish(this.#random.oneIn(2) ? 'reset' : 'silence', this.#away())
    if (scenario === 'held') {
      this.#count(`hold ${await call.hold()}`)
      await this.#talk()
      if (!isOver(call)) this.#count(`resume ${await call.resume()}`)
      await this.#talk()
    }
    if (scenario === 'transferred blind') await this.#transfer(call)
    if (scenario === 'transferred attended') await this.#consult(caller, call)
    await call.hangup()
  }

  async #transfer(call: PhoneCall): Promise<void> {
    const third = this.#free()
    if (third === undefined) return
    const outcome = await call.transfer(third.number)
    this.#count(`transferred blind: ${outcome.status} ${outcome.finalStatus}`)
    this.#hangUpLater(third)
  }

  async #consult(caller: SimulatedPhone, call: PhoneCall): Promise<void> {
    const third = this.#free()
    if (third === undefined || (await call.hold()) !== 200) return
    const consultation = caller.phone.call(third.number)
    const outcome = await consultation.outcome
    if (!outcome.ok || isOver(call)) return void (await consultation.hangup())
    const transferred = await call.transferTo(consultation)
    this.#count(`transferred attended: ${transferred.status} ${transferred.finalStatus}`)
    await consultation.hangup()
    this.#hangUpLater(third)
  }

  /** Whoever was transferred to ends what is left. */
  #hangUpLater(third: SimulatedPhone): void {
    void this.#talk()
      .then(() => Promise.all(third.phone.calls.map(call => call.hangup())))
      .catch(error => this.#failed(error))
  }
}

/** Asked anew: a call ends while one waits. */
function isOver(call: PhoneCall): boolean {
  return call.state === 'ended'
}
