import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallOutcome, PhoneCall } from '../../test-phone/call.ts'
import type { RegistrationOutcome } from '../../test-phone/registration.ts'
import type { createTestPhone, TestPhone } from '../../test-phone/test-phone.ts'
import { createFakeTerminal, type FakeTerminal } from '../fake-ports.ts'
import { readProxy } from '../phone-instructions.ts'
import { runTestcall } from './run-testcall.ts'

interface Line {
  readonly register?: RegistrationOutcome
  readonly outcome?: CallOutcome
  readonly share?: number
  readonly packetsLost?: number
  readonly packetsReceived?: number
  readonly mos?: number
  readonly suite?: string | undefined
  /** Rings for ever at the caller, and nowhere else. */
  readonly lost?: boolean
}

const NEVER = new Promise<never>(() => {})

/** Two phones without a network: what happens to them is written in `lines`. */
function phones(lines: readonly [Line, Line], done: string[]): typeof createTestPhone {
  let made = 0
  return options => {
    const index = made++
    const line = lines[index]!
    done.push(`create ${options.username}`)
    const call = {
      suite: 'suite' in line ? line.suite : 'AEAD_AES_256_GCM',
      outcome: line.lost === true ? NEVER : Promise.resolve<CallOutcome>(line.outcome ?? { ok: true, setupMs: 41 }),
      speak() {},
      async answer() {},
      async hangup() {
        done.push('hangup')
      },
      async measureTone(frequency: number) {
        return { frequency, share: line.share ?? 0.98, level: -10, samples: 24_000 }
      },
      statistics: () => ({
        codec: 'PCMU',
        packetsReceived: line.packetsReceived ?? 150,
        packetsLost: line.packetsLost ?? 0,
        jitterMs: 0.4,
        roundTripMs: 1,
        mos: 'mos' in line ? line.mos : 4.4,
      }),
    } as unknown as PhoneCall
    return {
      username: options.username,
      endpoint: { connect: async () => ({ tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } }) },
      register: async () => line.register ?? { ok: true, expires: 600, algorithm: 'SHA-256' },
      call: () => call,
      async nextIncoming(timeoutMs: number) {
        if (lines[0].lost === true) throw new Error(`no call within ${timeoutMs} ms`)
        return call
      },
      async stop() {
        done.push(`stop ${options.username}`)
      },
    } as unknown as TestPhone
  }
}

async function between(terminal: FakeTerminal, lines: readonly [Line, Line], interrupted: Promise<never> = NEVER) {
  const done: string[] = []
  const { operations } = await terminal.ports.openOperations('x')
  const report = await runTestcall({
    operations,
    caller: '101',
    callee: '102',
    interrupted,
    step: () => {},
    createPhone: phones(lines, done),
    readCa: () => 'CA',
  })
  return { report, done }
}

async function terminalWithExtensions(): Promise<FakeTerminal> {
  const terminal = createFakeTerminal()
  await terminal.run('extension', 'add', '101')
  await terminal.run('extension', 'add', '102')
  return terminal
}

test('a good call is reported with its figures, and leaves no device behind', async () => {
  const terminal = await terminalWithExtensions()
  const { report, done } = await between(terminal, [{}, {}])
  assert.equal(report.ok, true)
  assert.equal(report.setupMs, 41)
  assert.deepEqual(report.caller, {
    extension: '101',
    tls: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    authentication: 'SHA-256',
    suite: 'AEAD_AES_256_GCM',
    codec: 'PCMU',
    packetsReceived: 150,
    lossPercent: 0,
    jitterMs: 0.4,
    roundTripMs: 1,
    mos: 4.4,
    tone: { hertz: 1_000, heard: true, share: 0.98 },
  })
  assert.equal(report.callee?.tone.hertz, 440)
  assert.deepEqual(done, ['create user1', 'create user2', 'hangup', 'stop user1', 'stop user2'])
  assert.equal(terminal.state.devices.size, 0)
})

const FAULTS: readonly (readonly [string, [Line, Line], RegExp])[] = [
  [
    'no registration',
    [{ register: { ok: false, status: 503, reason: 'certificate has expired' } }, {}],
    /^the phone of 101 could not register at 192\.0\.2\.10 port 5061: 503 certificate has expired; see "ringfence doctor"/,
  ],
  [
    'a refused call',
    [{ outcome: { ok: false, status: 488, reason: 'Not Acceptable Here', warning: 'switch SRTP on' } }, {}],
    /^the call was refused with 488 Not Acceptable Here; it says: switch SRTP on$/,
  ],
  [
    'silence',
    [{}, { packetsReceived: 0, share: 0, mos: undefined as never }],
    /^102 got no sound at all: is the range of media ports/,
  ],
  ['another sound', [{ share: 0.1 }, {}], /^101 got sound, but not the tone of 1000 Hz/],
  ['a call that nobody hears of', [{ lost: true }, {}], /^the phone of 102 did not hear of the call within 20 s$/],
  ['plain media', [{}, { suite: undefined }], /^the sound of 102 is not encrypted$/],
  [
    'bad sound',
    [{ mos: 2.1, packetsLost: 50 }, {}],
    /^the sound at 101 is bad: MOS 2\.1 \(25 % lost, jitter 0\.4 ms\)/,
  ],
]

for (const [name, lines, expected] of FAULTS) {
  test(`the reason is clear: ${name}`, async () => {
    const terminal = await terminalWithExtensions()
    const { report } = await between(terminal, lines)
    assert.equal(report.ok, false)
    assert.equal(report.faults.length, 1, report.faults.join('\n'))
    assert.match(report.faults[0]!, expected)
    assert.equal(terminal.state.devices.size, 0)
  })
}

test('an interruption leaves no device behind', async () => {
  const terminal = await terminalWithExtensions()
  const interrupted = Promise.reject(new Error('interrupted'))
  await assert.rejects(between(terminal, [{ outcome: { ok: true, setupMs: 1 } }, {}], interrupted), /interrupted/)
  assert.equal(terminal.state.devices.size, 0)
})

test('an extension that does not exist ends the test before anything is made', async () => {
  const terminal = createFakeTerminal()
  const { exit, err } = await terminal.run('testcall', '101', '102')
  assert.equal(exit, 1)
  assert.match(err, /there is no extension 101/)
  assert.equal((await createFakeTerminal({ live: false }).run('testcall', '101', '102')).exit, 3)
})

test('the outbound proxy is read in every form', () => {
  assert.deepEqual(readProxy('sip:192.0.2.10:5071;transport=tls'), { address: '192.0.2.10', port: 5071 })
  assert.deepEqual(readProxy('sip:[2001:db8::1]:5061;transport=tls'), { address: '2001:db8::1', port: 5061 })
  assert.deepEqual(readProxy('sips:pbx.example.com'), { address: 'pbx.example.com', port: 5061 })
})
