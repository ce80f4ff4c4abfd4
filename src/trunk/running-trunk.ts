/** One trunk while it runs: its flow, its registration, and whether it is there. */
import type { Timer } from '../base/clock.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createWay, type Way } from './connect.ts'
import { createCredentials, type TrunkCredentials } from './credentials.ts'
import { jittered, type TrunkContext } from './options.ts'
import { probe } from './probe.ts'
import { uriHost } from './problem.ts'
import { createRegistrant, type NotRegistered, type Registrant } from './registration.ts'
import type { TrunkError, TrunkHealth, TrunkReached } from './types.ts'

/** A flow that closed so soon after it was found good is not built up again at once. */
const SHORT_LIFE_MS = 10_000
/** Calls in a row that were let down. */
const MOST_STRIKES = 3
/** A flow is held open for so many seconds after it was heard of. */
const HELD_SECONDS = 300

/** The longest that a registrar which answers REGISTER only goes without one. */
const UNASKED_SECONDS = 180

export class RunningTrunk {
  /** Replaced where only what it may do has changed, not how it is reached. */
  trunk: Trunk
  health: TrunkHealth = 'unknown'
  problem: TrunkError | undefined
  /** Wall clock. */
  registeredUntil: number | undefined
  roundTrip: number | undefined
  readonly credentials: TrunkCredentials = createCredentials()
  readonly way: Way
  readonly #context: TrunkContext
  readonly #registrant: Registrant
  #flow: Flow | undefined
  /** Something came back over `#flow`. */
  #answered = false
  /** Left, and open for the calls that use it: one at most. */
  #left: Flow | undefined
  #routes: readonly string[] = []
  #generation = 0
  #timer: Timer | undefined
  #checking = false
  /** Asked for while a check was under way. */
  #soonest = Number.POSITIVE_INFINITY
  #stopped = false
  /** Checks in a row that failed. */
  #failures = 0
  #refusals = 0
  #shortLives = 0
  /** Monotonic: when the registration is to be renewed, when not before, when the flow was opened. */
  #renewAt = 0
  #notBefore = 0
  #openedAt = 0
  /** The registrar has said no, or not now: until `#notBefore` nothing is asked of it. */
  #toldToWait = false
  #strikes = 0
  #demotedUntil = 0
  #ignoresOptions = false
  #registering: Promise<unknown> | undefined

  constructor(trunk: Trunk, context: TrunkContext) {
    this.trunk = trunk
    this.#context = context
    this.way = createWay(trunk, () => `${trunk.id} ${this.#generation}`, context)
    this.#registrant = createRegistrant(context, trunk, this.credentials)
  }

  /** The flow in use, while it is open. */
  get flow(): Flow | undefined {
    return this.#flow?.open === true ? this.#flow : undefined
  }

  /** It let calls down, and is tried after others. */
  get demoted(): boolean {
    return this.#context.clock.monotonic() < this.#demotedUntil
  }

  /** First check after `delay` milliseconds. */
  start(delay: number): void {
    this.#later(delay)
  }

  /** Takes our binding away where there is one. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#timer?.cancel()
    // What is under way may still bind us: that is taken away, too.
    await this.#registering
    const { flow } = this
    if (flow === undefined || this.registeredUntil === undefined) return
    this.registeredUntil = undefined
    await this.#registrant.register(flow, 0)
  }

  async reach(withinMs: number): Promise<TrunkReached> {
    const flow = this.flow
    if (flow !== undefined) return this.#pathOver(flow)
    const connected = await this.way.open(withinMs)
    if (connected.ok) {
      this.#use(connected.flow)
      if (this.trunk.register && this.registeredUntil === undefined) this.#later(0)
      return this.#pathOver(connected.flow)
    }
    // While it is down a check is due anyway: calls that come meanwhile must not put it off.
    if (this.health !== 'down') this.#later(this.#delayWhileDown())
    this.#down(connected.error)
    return connected
  }

  flowClosed(flow: Flow): void {
    if (flow !== this.#flow) return
    this.#flow = undefined
    this.#routes = []
    this.registeredUntil = undefined
    if (this.#stopped) return
    const { clock, random, timing } = this.#context
    this.#renewAt = 0
    if (clock.monotonic() - this.#openedAt < SHORT_LIFE_MS) {
      this.#shortLives++
      this.#later(this.#backOff(timing.retry, timing.retryLongest, this.#shortLives))
    } else {
      this.#shortLives = 0
      // "at once" (RFC 5626 §4.5), but not all trunks of a provider in the same instant.
      this.#later(random(200))
    }
  }

  noteOutcome(outcome: 'answered' | 'timeout' | 'refused' | 'unavailable'): void {
    if (outcome === 'answered' || outcome === 'refused') {
      this.#strikes = 0
      this.#demotedUntil = 0
      if (!this.trunk.register || this.registeredUntil !== undefined) this.#up(undefined)
      return
    }
    const { clock, timing } = this.#context
    this.#strikes++
    const span = this.#strikes >= MOST_STRIKES ? timing.demoted : timing.probeAnswer
    this.#demotedUntil = Math.max(this.#demotedUntil, clock.monotonic() + span)
    if (outcome === 'timeout' && this.health !== 'down') this.#later(0)
  }

  /** Registers, or asks whether it is there, now; a provider that said no is left in peace all the same. */
  renew(): void {
    this.#renewAt = 0
    this.#later(0)
  }

  #later(delay: number): void {
    if (this.#stopped) return
    if (this.#checking) {
      this.#soonest = Math.min(this.#soonest, delay)
      return
    }
    this.#timer?.cancel()
    this.#timer = this.#context.clock.schedule(delay, () => void this.#check())
  }

  async #check(): Promise<void> {
    this.#checking = true
    let next = this.#context.timing.probeDownLongest
    try {
      next = await this.#checked()
    } catch (error) {
      this.#context.logger.error({ trunk: this.trunk.name, detail: String(error) }, 'a check of a trunk failed')
    }
    this.#checking = false
    next = Math.min(next, this.#soonest)
    this.#soonest = Number.POSITIVE_INFINITY
    this.#later(next)
  }

  /** Milliseconds until the next one. */
  async #checked(): Promise<number> {
    const { clock } = this.#context
    const { trunk } = this
    const now = clock.monotonic()
    if (trunk.register && now >= this.#renewAt && now >= this.#notBefore) return this.#register()
    const mustRegister = trunk.register && now >= this.#renewAt
    if (mustRegister && this.#toldToWait) return this.#notBefore - now
    if (trunk.register && this.#ignoresOptions) return this.#keepOpen()
    return this.#probe(mustRegister)
  }

  async #probe(unregistered: boolean): Promise<number> {
    const flow = await this.#connected()
    if (flow === undefined) return this.#delayWhileDown()
    const outcome = await probe(this.#context, this.trunk, flow, this.credentials)
    if (this.#stopped) return 0
    if (outcome.ok) {
      this.#answered = true
      this.roundTrip = outcome.roundTrip
      this.#hold(flow, HELD_SECONDS)
      if (unregistered) return this.#register()
      this.#up(flow)
      return this.#untilNext()
    }
    if (outcome.error.failure === 'timeout' || outcome.error.failure === 'unreachable') this.#leave(flow)
    if (this.trunk.register && !unregistered) {
      // The registrar decides: some answer nothing but REGISTER.
      const delay = await this.#register()
      if (this.health === 'up' && outcome.error.failure === 'timeout') this.#ignoresOptions = true
      return delay
    }
    this.#down(outcome.error)
    return this.#delayWhileDown()
  }

  /** Keep-alive of RFC 5626 §4.4.1 for a registrar that does not answer OPTIONS. */
  #keepOpen(): number {
    const { flow } = this
    if (flow?.reliable === true) this.#context.transport.send(flow, '\r\n\r\n')
    return this.#untilNext()
  }

  async #register(): Promise<number> {
    const { clock, timing, random } = this.#context
    const flow = await this.#connected()
    if (flow === undefined) return this.#delayWhileDown()
    const registering = this.#registrant.register(flow, timing.expires)
    this.#registering = registering
    const outcome = await registering
    this.#registering = undefined
    if (this.#stopped) {
      this.registeredUntil = outcome.ok ? clock.now() + outcome.expires * 1000 : undefined
      return 0
    }
    if (!outcome.ok) return this.#notRegistered(flow, outcome)
    this.#answered = true
    this.roundTrip = outcome.roundTrip
    this.registeredUntil = clock.now() + outcome.expires * 1000
    this.#routes = outcome.routes
    this.#refusals = 0
    this.#notBefore = 0
    // Between a half and four fifths of it; where nothing else shows that it is there, more often.
    const seconds = this.#ignoresOptions ? Math.min(outcome.expires, UNASKED_SECONDS) : outcome.expires
    this.#renewAt = clock.monotonic() + seconds * (500 + random(300))
    this.#hold(flow, outcome.expires)
    if (!flow.open) return this.#backOff(timing.retry, timing.retryLongest, this.#shortLives)
    this.#up(flow)
    return this.#untilNext()
  }

  #notRegistered(flow: Flow, { error, refused, retryAfter }: NotRegistered): number {
    const { clock, timing } = this.#context
    const { failure } = error
    if (failure === 'timeout') this.#leave(flow)
    this.#failures++
    const now = clock.monotonic()
    if (refused) this.#refusals++
    this.#toldToWait = refused || failure === 'unavailable'
    const wait = refused
      ? this.#backOff(timing.refusedRetry, timing.refusedRetryLongest, this.#refusals)
      : this.#backOff(timing.retry, timing.retryLongest, this.#failures)
    this.#notBefore = now + Math.max(wait, retryAfter ?? 0)
    const valid = this.registeredUntil !== undefined && this.registeredUntil > clock.now() && this.flow !== undefined
    // A registrar that has trouble for a while: what it knows of us is still true.
    if (valid && failure === 'unavailable') return this.#notBefore - now
    this.registeredUntil = undefined
    this.#routes = []
    this.#renewAt = 0
    this.#down(error)
    return this.#toldToWait ? this.#notBefore - now : Math.min(this.#notBefore - now, this.#delayWhileDown())
  }

  /** An open flow, or undefined: then it is down. */
  async #connected(): Promise<Flow | undefined> {
    const { flow } = this
    if (flow !== undefined) return flow
    const connected = await this.way.open(this.#context.timing.registerAnswer)
    if (this.#stopped) return undefined
    if (!connected.ok) {
      this.#failures++
      this.#down(connected.error)
      return undefined
    }
    this.#use(connected.flow)
    return connected.flow
  }

  #use(flow: Flow): void {
    if (this.#flow?.open !== true) {
      this.#flow = flow
      this.#answered = false
      this.#openedAt = this.#context.clock.monotonic()
    }
    this.#context.claim(flow, this.trunk.id)
    this.#hold(flow, HELD_SECONDS)
  }

  #hold(flow: Flow, seconds: number): void {
    if (flow.open) this.#context.transport.keepAlive(flow, seconds)
  }

  /** Nothing comes back over it: the next request goes over a new one. Calls that still use it find that out themselves. */
  #leave(flow: Flow): void {
    if (flow !== this.#flow) return
    this.#generation++
    this.#flow = undefined
    const superfluous = this.#answered ? this.#left : flow
    if (this.#answered) this.#left = flow
    if (superfluous?.open === true) this.#context.transport.close(superfluous)
    this.#routes = []
    this.registeredUntil = undefined
    this.#renewAt = 0
  }

  #pathOver(flow: Flow): TrunkReached {
    const { host, port } = this.trunk
    return { ok: true, path: { flow, host, port, routes: this.#routes } }
  }

  #up(flow: Flow | undefined): void {
    this.#failures = 0
    this.problem = undefined
    if (this.health === 'up') return
    this.health = 'up'
    const used = flow ?? this.flow
    const remote = used === undefined ? this.trunk.host : `${uriHost(used.remoteAddress)}:${used.remotePort}`
    const data = { trunk: this.trunk.name, remote, tls: used?.tls?.protocol }
    this.#context.events.publish('trunk.up', data, this.trunk.organisationId)
  }

  #down(error: TrunkError): void {
    this.problem = error
    if (this.health === 'down' || this.#stopped) return
    this.health = 'down'
    const data = { trunk: this.trunk.name, problem: error.message }
    this.#context.events.publish('trunk.down', data, this.trunk.organisationId)
  }

  #untilNext(): number {
    const { clock, timing, random } = this.#context
    const next = jittered(timing.probe, random)
    return this.trunk.register ? Math.max(0, Math.min(next, this.#renewAt - clock.monotonic())) : next
  }

  #delayWhileDown(): number {
    const { timing } = this.#context
    return this.#backOff(timing.probeDown, timing.probeDownLongest, this.#failures)
  }

  /** RFC 5626 §4.5: twice as long each time, up to a bound, and between half of it and all of it. */
  #backOff(first: number, longest: number, failures: number): number {
    const delay = Math.min(longest, first * 2 ** Math.min(20, Math.max(0, failures - 1)))
    return jittered(delay, this.#context.random)
  }
}
