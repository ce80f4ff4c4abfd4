/** The registrar (RFC 3261 §10.3): REGISTER in, bindings kept, 200 out. */
import { BoundedMap } from '../base/bounded.ts'
import type { Timer } from '../base/clock.ts'
import type { DeviceId } from '../base/ids.ts'
import { randomHex } from '../base/random.ts'
import type { Device } from '../directory/types.ts'
import { buildResponse } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Flow, FlowCloseReason } from '../sip/transport/types.ts'
import { createLookup } from './binding-lookup.ts'
import { BindingTable, type Entry } from './binding-table.ts'
import { BindingWriter, storageKey } from './binding-writer.ts'
import { type ContactPlan, planUpdate } from './contact-update.ts'
import { type Authentication, identify } from './identify.ts'
import { DEFAULT_REGISTRAR_LIMITS, type RegistrarLimits, type RegistrarOptions } from './options.ts'
import { answerHeaders, createDateText } from './registration-answer.ts'
import { createReporter, type RegistrationReporter, userAgentOf } from './registration-events.ts'
import { readRegistration, type Refusal, type Registration, type RequestedContact } from './requested-contacts.ts'
import type { Binding, BindingLookup } from './types.ts'

export type { RegistrarLimits, RegistrarOptions } from './options.ts'

export interface Registrar extends BindingLookup {
  /** Loads the bindings of before the restart: their flows are dead, their source addresses known. */
  start(): Promise<void>
  /** Writes what waits. From now on a closed flow takes no binding with it. */
  stop(): Promise<void>
  onRegister(request: SipRequest, transaction: ServerTransaction): void
  flowClosed(flow: Flow, reason?: FlowCloseReason): void
  /** The device is gone from the directory: its bindings go too. */
  forgetDevice(deviceId: DeviceId): void
  readonly count: number
  /** A device is registered from this address (IPv6: this /64) now. */
  isRegisteredSource(address: string): boolean
  /** Those of all phones (IPv6: their /64s). */
  registeredSources(): readonly string[]
  /** One was within the last 24 hours. */
  wasRegisteredSource(address: string): boolean
  /** The device with this user name is registered from this address now. */
  isRegisteredSourceOf(username: string, address: string): boolean
}

const SWEEP_MS = 1_000
const USER_AGENTS = 1_000

export function createRegistrar(options: RegistrarOptions): Registrar {
  const registrar = new BindingRegistrar(options)
  const lookup = createLookup(registrar.table, options.directory, () => options.clock.monotonic())
  return Object.assign(registrar, lookup)
}

class BindingRegistrar {
  readonly table: BindingTable
  readonly #options: RegistrarOptions
  readonly #limits: RegistrarLimits
  readonly #writer: BindingWriter
  readonly #report: RegistrationReporter
  readonly #dateText = createDateText()
  /** User agents repeat: each is kept once, not once a binding. */
  readonly #userAgents = new BoundedMap<string, string>(USER_AGENTS)
  #sweepTimer: Timer | undefined
  #stopped = false

  constructor(options: RegistrarOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_REGISTRAR_LIMITS, ...options.limits }
    this.table = new BindingTable(this.#limits.maximumSources, options.clock.monotonic())
    const onError = options.onStoreError ?? (() => {})
    this.#writer = new BindingWriter(options.clock, options.repository, 2 * this.#limits.maximumBindings, onError)
    this.#report = createReporter(options.events, options.directory, options.clock)
  }

  get count(): number {
    return this.table.count
  }

  async start(): Promise<void> {
    const { clock, directory, repository } = this.#options
    const now = clock.now()
    const monotonic = clock.monotonic()
    for (const binding of await repository.load(now)) {
      if (binding.expiresAt <= now || this.table.count >= this.#limits.maximumBindings) continue
      if (directory.device(binding.deviceId) === undefined) continue
      const left = Math.min(binding.expiresAt - now, this.#limits.maximumExpires * 1000)
      this.table.addDead(binding, monotonic + left, monotonic - Math.max(0, now - binding.registeredAt))
    }
    this.#scheduleSweep()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#sweepTimer?.cancel()
    await this.#writer.flush()
    this.#writer.stop()
  }

  #scheduleSweep(): void {
    this.#sweepTimer = this.#options.clock.schedule(SWEEP_MS, () => {
      for (const entry of this.table.sweep(this.#options.clock.monotonic())) {
        this.#writer.remove(entry.binding)
        this.#report.expired(entry.binding)
      }
      if (!this.#stopped) this.#scheduleSweep()
    })
  }

  onRegister(request: SipRequest, transaction: ServerTransaction): void {
    const { flow } = transaction
    const identified = identify(request, flow, this.#options)
    if (identified.kind === 'device') {
      this.#options.onAuthentication?.('succeeded', identified.device.username, flow, request)
      this.#register(request, transaction, identified.device, identified.authentication)
      return
    }
    if (identified.kind === 'failed') {
      this.#report.failed(request, flow, identified.username, identified.because)
      this.#options.onAuthentication?.(identified.because, identified.username, flow, request)
    } else if (identified.kind === 'challenged') {
      const { outcome, username = '' } = identified
      if (outcome !== undefined) this.#options.onAuthentication?.(outcome, username, flow, request)
    } else {
      const { username, because, refusal } = identified
      this.#report.refused(request, flow, username, because, refusal.status)
    }
    this.#refuse(transaction, identified.refusal)
  }

  #register(request: SipRequest, transaction: ServerTransaction, device: Device, authentication: Authentication): void {
    const registration = readRegistration(request, this.#limits)
    if ('status' in registration) {
      this.#refuse(transaction, registration)
      return
    }
    const plan = this.#plan(request, transaction.flow, device, registration)
    if ('status' in plan) {
      this.#refuse(transaction, plan)
      return
    }
    this.#apply(plan, request, registration, transaction.flow, device, authentication)
    const { clock } = this.#options
    const live = this.table.ofDevice(device.id).filter(entry => entry.live)
    const date = this.#dateText(clock.now())
    const headers = answerHeaders(live, registration, this.#limits.flowTimer, date, clock.monotonic())
    transaction.respond(buildResponse(request, 200, undefined, { toTag: randomHex(6), headers }))
  }

  #plan(request: SipRequest, flow: Flow, device: Device, registration: Registration): ContactPlan | Refusal {
    const { callId, cseq } = request
    const plan = planUpdate(this.table.ofDevice(device.id), registration, callId, cseq.number)
    if (plan === undefined) return { status: 500, reason: 'CSeq Out Of Order' }
    if (this.table.count + plan.add.length <= this.#limits.maximumBindings) return plan
    this.#report.refused(request, flow, device.username, 'too many registrations', 503)
    return { status: 503, headers: [['Retry-After', '60']] }
  }

  #apply(
    plan: ContactPlan,
    request: SipRequest,
    registration: Registration,
    flow: Flow,
    device: Device,
    authentication: Authentication,
  ): void {
    const now = this.#options.clock.monotonic()
    for (const entry of plan.remove) this.#remove(entry, now)
    for (const { entry, contact } of plan.refresh) {
      const before = entry.binding
      const binding = this.#makeBinding(contact, request, registration, flow, device, before)
      if (storageKey(before) !== storageKey(binding)) this.#writer.remove(before)
      const moved = !entry.live || before.flowId !== binding.flowId || before.contact !== binding.contact
      this.table.replace(entry, binding, now + contact.expires * 1000, now)
      if (moved || isReachedOtherwise(before, binding)) this.#writer.save(binding)
      else this.#writer.refresh(entry)
      // A refresh that changes nothing but the time is no news.
      if (moved) this.#report.accepted(device, binding, flow, authentication, true)
    }
    for (const contact of plan.add) {
      const binding = this.#makeBinding(contact, request, registration, flow, device, undefined)
      this.#makeRoom(device.id, now)
      this.table.add(binding, now + contact.expires * 1000, now)
      this.#writer.save(binding, true)
      this.#report.accepted(device, binding, flow, authentication, false)
    }
  }

  #remove(entry: Entry, now: number): void {
    this.table.remove(entry, now)
    this.#writer.remove(entry.binding)
    this.#report.removed(entry.binding)
  }

  #makeRoom(deviceId: DeviceId, now: number): void {
    const entries = this.table.ofDevice(deviceId)
    if (entries.length < this.#limits.bindingsPerDevice) return
    let oldest = entries[0]!
    for (const entry of entries) if (entry.binding.registeredAt < oldest.binding.registeredAt) oldest = entry
    this.#remove(oldest, now)
  }

  #makeBinding(
    contact: RequestedContact,
    request: SipRequest,
    registration: Registration,
    flow: Flow,
    device: Device,
    before: Binding | undefined,
  ): Binding {
    const now = this.#options.clock.now()
    return {
      deviceId: device.id,
      extensionId: device.extensionId,
      organisationId: device.organisationId,
      contact: keep(contact.text, before?.contact),
      instanceId: contact.instanceId === undefined ? undefined : keep(contact.instanceId, before?.instanceId),
      regId: contact.regId,
      path: registration.path.map(value => keep(value, undefined)),
      callId: keep(request.callId, before?.callId),
      cseq: request.cseq.number,
      q: contact.q,
      userAgent: this.#userAgent(request),
      nodeId: this.#options.nodeId,
      flowId: flow.id,
      protocol: flow.protocol,
      sourceAddress: flow.remoteAddress,
      sourcePort: flow.remotePort,
      registeredAt: now,
      expiresAt: now + contact.expires * 1000,
    }
  }

  #userAgent(request: SipRequest): string {
    const text = userAgentOf(request)
    const known = this.#userAgents.get(text)
    if (known !== undefined) return known
    const kept = keep(text, undefined)
    this.#userAgents.set(kept, kept)
    return kept
  }

  flowClosed(flow: Flow, reason: FlowCloseReason = 'peer-closed'): void {
    if (this.#stopped || reason === 'stopped') return
    const now = this.#options.clock.monotonic()
    const entries = Array.from(this.table.ofFlow(flow.id))
    for (const entry of entries) {
      this.table.remove(entry, now)
      this.#writer.remove(entry.binding)
      this.#report.flowLost(entry.binding, reason)
    }
  }

  forgetDevice(deviceId: DeviceId): void {
    const now = this.#options.clock.monotonic()
    const entries = this.table.ofDevice(deviceId).slice()
    for (const entry of entries) {
      this.table.remove(entry, now)
      this.#writer.remove(entry.binding)
    }
  }

  isRegisteredSource(address: string): boolean {
    return this.table.sources.isLive(address)
  }

  registeredSources(): readonly string[] {
    return this.table.sources.live()
  }

  wasRegisteredSource(address: string): boolean {
    return this.table.sources.wasLive(address, this.#options.clock.monotonic())
  }

  isRegisteredSourceOf(username: string, address: string): boolean {
    const device = this.#options.directory.deviceByUsername(username)
    if (device === undefined) return false
    const now = this.#options.clock.monotonic()
    return this.table
      .ofDevice(device.id)
      .some(entry => entry.live && entry.deadline > now && entry.binding.sourceAddress === address)
  }

  #refuse(transaction: ServerTransaction, refusal: Refusal): void {
    const { status, reason, headers, toTag = randomHex(6) } = refusal
    transaction.respond(buildResponse(transaction.request, status, reason, { toTag, headers }))
  }
}

function isReachedOtherwise(before: Binding, after: Binding): boolean {
  return before.q !== after.q || before.path.join() !== after.path.join()
}

/** A text of its own: a slice would keep the whole message alive for as long as the binding lives. */
function keep(text: string, before: string | undefined): string {
  if (before === text) return before
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString()
}
