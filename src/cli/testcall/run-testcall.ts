/** A call between two phones of ours through the running system: the self-test of everything that a real call needs. */
import { readFileSync } from 'node:fs'
import type { DeviceCredentials, Operations } from '../../api/operations.ts'
import type { PhoneCall } from '../../test-phone/call.ts'
import { createTestPhone, type TestPhone } from '../../test-phone/test-phone.ts'
import { toneHeard } from '../../test-phone/tone.ts'
import { accepted } from '../context.ts'
import { readProxy } from '../phone-instructions.ts'

export interface TestcallInput {
  readonly operations: Operations
  readonly caller: string
  readonly callee: string
  /** Rejects when the operator has had enough. */
  readonly interrupted: Promise<never>
  /** Hears which step is under way. */
  readonly step: (text: string) => void
  /** Replaced in tests. */
  readonly createPhone?: typeof createTestPhone
  readonly readCa?: (path: string) => string
}

export interface TestcallSide {
  readonly extension: string
  readonly tls: string | null
  readonly cipher: string | null
  readonly authentication: string | null
  readonly suite: string | null
  readonly codec: string | null
  readonly packetsReceived: number
  readonly lossPercent: number
  readonly jitterMs: number
  readonly roundTripMs: number | null
  readonly mos: number | null
  /** The tone that the other side spoke. */
  readonly tone: { readonly hertz: number; readonly heard: boolean; readonly share: number }
}

export interface TestcallReport {
  readonly ok: boolean
  /** What failed and what to look at; empty when all is well. */
  readonly faults: readonly string[]
  readonly setupMs: number | null
  readonly caller: TestcallSide | null
  readonly callee: TestcallSide | null
}

const CALLER_TONE = 440
const CALLEE_TONE = 1_000
const LISTEN_MS = 3_000
/** A relay needs a moment until it has learned both phones' addresses. */
const SETTLE_MS = 500
const WORST_MOS = 3
const LABEL = 'testcall'
const RING_MS = 20_000
const NEVER = new Promise<never>(() => {})

interface Line {
  readonly extension: string
  readonly credentials: DeviceCredentials
  readonly phone: TestPhone
  authentication: string | null
}

/** Whatever happens, the two devices that it makes are removed again. Throws CommandError where an operation is refused. */
export async function runTestcall(input: TestcallInput): Promise<TestcallReport> {
  const lines: Line[] = []
  try {
    return await Promise.race([perform(input, lines), input.interrupted])
  } finally {
    input.step('cleaning up')
    await Promise.allSettled(lines.map(line => line.phone.stop()))
    for (const line of lines) await input.operations.deviceRemove({ username: line.credentials.username })
  }
}

async function perform(input: TestcallInput, lines: Line[]): Promise<TestcallReport> {
  input.step('adding two phones')
  const caller = await addLine(input, input.caller, lines)
  const callee = await addLine(input, input.callee, lines)
  input.step('registering')
  for (const line of [caller, callee]) {
    const fault = await register(line)
    if (fault !== undefined) return failed(fault)
  }
  input.step('calling')
  const incoming = callee.phone.nextIncoming(RING_MS)
  const outgoing = caller.phone.call(input.callee, { speak: CALLER_TONE })
  const answered = incoming.then(async call => {
    call.speak(CALLEE_TONE)
    await call.answer()
    return call
  })
  // Without a refusal and without a call at the other side the caller would hear ringing for ever.
  const unheard = answered.then(
    () => NEVER,
    () => undefined,
  )
  const outcome = await Promise.race([outgoing.outcome, unheard])
  if (outcome === undefined) {
    await outgoing.hangup()
    return failed(`the phone of ${input.callee} did not hear of the call within ${RING_MS / 1_000} s`)
  }
  if (!outcome.ok) {
    const warning = outcome.warning === undefined ? '' : `; it says: ${outcome.warning}`
    return failed(`the call was refused with ${outcome.status} ${outcome.reason}${warning}`)
  }
  input.step('listening')
  const call = await answered
  await outgoing.measureTone(CALLEE_TONE, SETTLE_MS)
  const [heardByCaller, heardByCallee] = await Promise.all([
    outgoing.measureTone(CALLEE_TONE, LISTEN_MS),
    call.measureTone(CALLER_TONE, LISTEN_MS),
  ])
  const sides = {
    caller: await describe(caller, outgoing, heardByCaller),
    callee: await describe(callee, call, heardByCallee),
  }
  input.step('hanging up')
  await outgoing.hangup()
  const faults = [...faultsOf(sides.caller), ...faultsOf(sides.callee)]
  return { ok: faults.length === 0, faults, setupMs: round(outcome.setupMs, 1), ...sides }
}

async function addLine(input: TestcallInput, extension: string, lines: Line[]): Promise<Line> {
  const credentials = accepted(await input.operations.deviceAdd({ extension, label: LABEL }))
  const createPhone = input.createPhone ?? createTestPhone
  const readCa = input.readCa ?? ((path: string) => readFileSync(path, 'utf8'))
  const phone = createPhone({
    username: credentials.username,
    password: credentials.password,
    domain: credentials.domain,
    outboundProxy: { ...readProxy(credentials.outboundProxy), transport: 'tls' },
    serverName: credentials.domain,
    caPem: readCa(credentials.ca),
    userAgent: 'Ringfence-testcall',
  })
  const line: Line = { extension, credentials, phone, authentication: null }
  lines.push(line)
  return line
}

/** What is wrong, or undefined. */
async function register(line: Line): Promise<string | undefined> {
  const outcome = await line.phone.register()
  if (!outcome.ok) {
    const { address, port } = readProxy(line.credentials.outboundProxy)
    return (
      `the phone of ${line.extension} could not register at ${address} port ${port}: ${outcome.status} ${outcome.reason}; ` +
      'see "ringfence doctor" and "ringfence events --since 5m"'
    )
  }
  line.authentication = outcome.algorithm ?? null
  return undefined
}

async function describe(line: Line, call: PhoneCall, tone: Parameters<typeof toneHeard>[0]): Promise<TestcallSide> {
  const { tls } = await line.phone.endpoint.connect()
  const statistics = call.statistics()
  const sent = statistics.packetsReceived + statistics.packetsLost
  return {
    extension: line.extension,
    tls: tls?.protocol ?? null,
    cipher: tls?.cipher ?? null,
    authentication: line.authentication,
    suite: call.suite ?? null,
    codec: statistics.codec ?? null,
    packetsReceived: statistics.packetsReceived,
    lossPercent: sent === 0 ? 100 : round((100 * statistics.packetsLost) / sent, 2),
    jitterMs: round(statistics.jitterMs, 2),
    roundTripMs: statistics.roundTripMs === undefined ? null : round(statistics.roundTripMs, 1),
    mos: statistics.mos === undefined ? null : round(statistics.mos, 2),
    tone: { hertz: tone.frequency, heard: toneHeard(tone), share: round(tone.share, 3) },
  }
}

function faultsOf(side: TestcallSide): readonly string[] {
  const faults: string[] = []
  if (side.tls === null) faults.push(`the signalling of ${side.extension} is not encrypted`)
  if (side.suite === null) faults.push(`the sound of ${side.extension} is not encrypted`)
  if (side.packetsReceived === 0) {
    faults.push(
      `${side.extension} got no sound at all: is the range of media ports (UDP) open, and externalAddress right?`,
    )
  } else if (!side.tone.heard) {
    faults.push(`${side.extension} got sound, but not the tone of ${side.tone.hertz} Hz that the other side spoke`)
  }
  if (side.mos !== null && side.mos < WORST_MOS) {
    const detail = `${side.lossPercent} % lost, jitter ${side.jitterMs} ms`
    faults.push(
      `the sound at ${side.extension} is bad: MOS ${side.mos} (${detail}); is the machine or its network overloaded?`,
    )
  }
  return faults
}

function failed(fault: string): TestcallReport {
  return { ok: false, faults: [fault], setupMs: null, caller: null, callee: null }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
