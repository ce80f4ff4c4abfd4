/** An attack through real calls: a phone of ours on one extension dials as a thief would, and what came of it is measured. */
import { readFileSync } from 'node:fs'
import type { DeviceCredentials, Operations } from '../../api/operations.ts'
import type { Clock } from '../../base/clock.ts'
import type { PhoneCall } from '../../test-phone/call.ts'
import { createTestPhone, type TestPhone } from '../../test-phone/test-phone.ts'
import { accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { millionths, moneyBetween } from '../fraud-values.ts'
import { readProxy } from '../phone-instructions.ts'
import type { PlannedCall } from './attacks.ts'

export interface SimulationInput {
  readonly operations: Operations
  readonly extension: string
  readonly plan: readonly PlannedCall[]
  readonly seconds: number
  readonly clock: Clock
  /** Rejects when the operator has had enough. */
  readonly interrupted: Promise<never>
  /** Replaced in tests. */
  readonly createPhone?: typeof createTestPhone
  readonly readCa?: (path: string) => string
}

export interface Refused {
  readonly status: number
  readonly reason: string
  readonly calls: number
}

export interface SimulationReport {
  readonly ok: boolean
  readonly extension: string
  readonly planned: number
  readonly placed: number
  readonly answered: number
  /** Ended by the system. */
  readonly cut: number
  readonly refused: readonly Refused[]
  /** Milliseconds from the first call on; null: never. */
  readonly firstRefusedMs: number | null
  readonly suspendedMs: number | null
  readonly charged: string
  readonly chargedToday: string
  readonly capToday: string
  readonly currency: string
  /** Rules of the decisions that were made meanwhile. */
  readonly rules: readonly string[]
}

const LABEL = 'simulation'
const LOOK_MS = 250
const SETTLE_MS = 3_000

interface Tally {
  readonly began: number
  readonly live: Set<PhoneCall>
  placed: number
  answered: number
  cut: number
  firstRefusedMs: number | null
  suspendedMs: number | null
  readonly refused: Map<string, { status: number; reason: string; calls: number }>
}

/** Whatever happens, its calls are ended and its phone is removed again. Throws CommandError where an operation is refused. */
export async function runSimulation(input: SimulationInput): Promise<SimulationReport> {
  const { operations, extension } = input
  const credentials = accepted(await operations.deviceAdd({ extension, label: LABEL }))
  const phone = phoneFor(input, credentials)
  try {
    return await Promise.race([perform(input, phone), input.interrupted])
  } finally {
    await Promise.allSettled(phone.calls.map(call => call.hangup()))
    await phone.stop()
    await operations.deviceRemove({ username: credentials.username })
  }
}

async function perform(input: SimulationInput, phone: TestPhone): Promise<SimulationReport> {
  const { operations, clock, seconds, plan, extension } = input
  const registered = await phone.register()
  if (!registered.ok) {
    const text = `the phone of ${extension} could not register: ${registered.status} ${registered.reason}`
    throw new CommandError('COMMAND_FAILED', text)
  }
  const before = accepted(await operations.budgetShow({}))
  const startedAt = clock.now()
  const tally: Tally = {
    began: clock.monotonic(),
    live: new Set(),
    placed: 0,
    answered: 0,
    cut: 0,
    firstRefusedMs: null,
    suspendedMs: null,
    refused: new Map(),
  }
  const calls = plan.map(each => placeLater(input, phone, each, tally))
  const deadline = tally.began + seconds * 1_000
  let done = false
  const all = Promise.all(calls).then(() => {
    done = true
  })
  while (!done && clock.monotonic() < deadline) {
    await Promise.race([all, pause(clock, LOOK_MS)])
    await look(input, tally)
  }
  await Promise.allSettled([...tally.live].map(call => call.hangup()))
  // What was reserved and not used comes back when the calls are over on the far side as well.
  await pause(clock, SETTLE_MS)
  await look(input, tally)
  return reportOf(input, tally, before, startedAt)
}

async function placeLater(input: SimulationInput, phone: TestPhone, planned: PlannedCall, tally: Tally): Promise<void> {
  const { clock, seconds } = input
  if (planned.at > 0) await pause(clock, planned.at)
  if (clock.monotonic() - tally.began >= seconds * 1_000) return
  tally.placed++
  const call = phone.call(planned.number)
  tally.live.add(call)
  const outcome = await call.outcome
  if (!outcome.ok) {
    tally.live.delete(call)
    refusedWith(tally, outcome.status, outcome.warning ?? outcome.reason, clock)
    return
  }
  tally.answered++
  const held = planned.holdMs === undefined ? call.ended : Promise.race([call.ended, pause(clock, planned.holdMs)])
  const ending = await held
  tally.live.delete(call)
  if (ending === undefined) await call.hangup()
  else if (ending.by === 'them') tally.cut++
}

function refusedWith(tally: Tally, status: number, reason: string, clock: Clock): void {
  // Our own hanging-up at the end is no refusal.
  if (status === 487) return
  tally.firstRefusedMs ??= Math.round(clock.monotonic() - tally.began)
  const key = `${status} ${reason}`
  const before = tally.refused.get(key)
  if (before !== undefined) before.calls++
  else tally.refused.set(key, { status, reason, calls: 1 })
}

async function look({ operations, extension, clock }: SimulationInput, tally: Tally): Promise<void> {
  if (tally.suspendedMs !== null) return
  const view = accepted(await operations.extensionList()).find(each => each.number === extension)
  if (view?.state === 'suspended') tally.suspendedMs = Math.round(clock.monotonic() - tally.began)
}

type Budget = Extract<Awaited<ReturnType<Operations['budgetShow']>>, { ok: true }>['value']

async function reportOf(
  { operations, extension, plan }: SimulationInput,
  tally: Tally,
  before: Budget,
  startedAt: number,
): Promise<SimulationReport> {
  const after = accepted(await operations.budgetShow({}))
  const decisions = accepted(await operations.fraudDecisions({ all: true, limit: 1_000 }))
  const rules = new Set(
    decisions.filter(each => each.at >= startedAt && each.payer === extension).map(each => each.rule),
  )
  const [was, is] = [dayOf(before), dayOf(after)]
  const { placed, answered, cut, firstRefusedMs, suspendedMs } = tally
  return {
    ok: millionths(is.charged) <= millionths(is.cap),
    extension,
    planned: plan.length,
    placed,
    answered,
    cut,
    refused: [...tally.refused.values()].toSorted((a, b) => b.calls - a.calls),
    firstRefusedMs,
    suspendedMs,
    charged: moneyBetween(was.charged, is.charged),
    chargedToday: is.charged,
    capToday: is.cap,
    currency: after.currency,
    rules: [...rules],
  }
}

function dayOf({ lines }: Budget): { readonly charged: string; readonly cap: string } {
  return lines.find(each => each.scope === 'organisation-day') ?? { charged: '0', cap: '0' }
}

function phoneFor(input: SimulationInput, credentials: DeviceCredentials): TestPhone {
  const create = input.createPhone ?? createTestPhone
  const readCa = input.readCa ?? ((path: string) => readFileSync(path, 'utf8'))
  return create({
    username: credentials.username,
    password: credentials.password,
    domain: credentials.domain,
    outboundProxy: { ...readProxy(credentials.outboundProxy), transport: 'tls' },
    serverName: credentials.domain,
    caPem: readCa(credentials.ca),
    userAgent: 'Ringfence-simulation',
  })
}

function pause(clock: Clock, milliseconds: number): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  clock.schedule(milliseconds, () => {
    resolve(undefined)
  })
  return promise
}
