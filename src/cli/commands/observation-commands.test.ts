import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAKE_STATUS } from '../../api/fake-operations.ts'
import type { CallId, LegId, OrganisationId } from '../../base/ids.ts'
import type { CallRecord, LegRecord } from '../../call/call-record.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { createFakeTerminal } from '../fake-ports.ts'

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)

function leg(direction: 'in' | 'out', number: string): LegRecord {
  return {
    id: `leg-${number}` as LegId,
    direction,
    extensionId: undefined,
    deviceId: undefined,
    number,
    userAgent: 'baresip',
    signalling: { protocol: 'TLS', tls: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    sourceAddress: '192.0.2.50',
    authentication: undefined,
    media: {
      codec: 'PCMU',
      suite: 'AEAD_AES_256_GCM',
      packetsReceived: 1,
      packetsSent: 1,
      octetsReceived: 1,
      octetsSent: 1,
      packetsLost: 0,
      jitter: 1,
      roundTrip: undefined,
      mos: 4.37,
      packetsUnauthenticated: 0,
      packetsReplayed: 0,
      lastPacketAt: NOON,
      remote: undefined,
    },
  }
}

const RECORD: CallRecord = {
  id: 'call-1' as CallId,
  organisationId: 'org' as OrganisationId,
  from: '101',
  to: '102',
  startedAt: NOON,
  answeredAt: NOON + 3_000,
  endedAt: NOON + 68_000,
  end: { side: 'caller', cause: 'normal', sipCode: 200 },
  legs: [leg('in', '101'), leg('out', '102')],
  transferredFrom: undefined,
}

function suspended(position: number): LoggedEvent {
  const event = {
    id: `event-${position}`,
    type: 'directory.extension-suspended',
    at: NOON + position,
    severity: 'warning',
    organisationId: undefined,
    data: { actor: { kind: 'operator', name: 'console' }, extension: String(100 + position), reason: 'stolen' },
  }
  return { position, event: event as unknown as RingfenceEvent }
}

test('calls of the past, for people and for programs', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('calls')).out, 'No call is recorded yet.\n')
  state.past = [RECORD]
  const { out } = await run('calls', '--limit', '5')
  assert.match(out, /101 +102 +1:05 +normal \(caller, 200\) +TLSv1\.3, AEAD_AES_256_GCM, PCMU, MOS 4\.4 +TLSv1\.3/)
  const [json] = JSON.parse((await run('calls', '--json', '--before', '2h')).out)
  assert.equal(json.startedAt, '2026-11-22T12:00:00.000Z')
  assert.equal(json.legs[0].media.lastPacketAt, '2026-11-22T12:00:00.000Z')
  assert.deepEqual(state.asked.at(-1), ['callsPast', { limit: 20, before: NOON - 7_200_000 }])
})

test('a record as it comes over the control socket has no undefined fields', async () => {
  const { run, state } = createFakeTerminal()
  const open = {
    ...RECORD,
    answeredAt: undefined,
    endedAt: undefined,
    end: undefined,
    legs: [{ ...leg('in', '101'), media: undefined }],
  }
  state.past = JSON.parse(JSON.stringify([open]))
  assert.match((await run('calls')).out, /101 +102 +- +not ended +TLSv1\.3, no media\n/)
})

test('live calls need the server', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('calls', '--live')).out, 'No call is up.\n')
  const side = {
    number: '101',
    username: 'a',
    signalling: 'TLSv1.3',
    media: 'AEAD_AES_128_GCM',
    codec: 'opus',
    mos: 4.21,
  }
  state.live = [
    {
      id: 'c',
      organisationId: 'o',
      from: '101',
      to: '102',
      state: 'answered',
      startedAt: NOON - 70_000,
      answeredAt: NOON - 65_000,
      legs: [side, { ...side, media: null, codec: null, mos: null }],
    },
  ]
  assert.match(
    (await run('calls', '--live')).out,
    /answered +1:05 +TLSv1\.3, AEAD_AES_128_GCM, opus, MOS 4\.2 +TLSv1\.3, no media\n/,
  )
  assert.equal(JSON.parse((await run('calls', '--live', '--json')).out)[0].startedAt, '2026-11-22T11:58:50.000Z')
  const alone = createFakeTerminal({ live: false })
  const { exit, err } = await alone.run('calls', '--live')
  assert.equal(exit, 3)
  assert.match(err, /no server runs on \/var\/lib\/ringfence; start it with "ringfence serve"/)
})

test('events as sentences, and one JSON line each', async () => {
  const { run, state } = createFakeTerminal()
  state.log = [suspended(1), suspended(2)]
  const { out } = await run('events')
  assert.match(out, /^\S+ \S+ {2}warning {3}directory\.extension-suspended +101 by console: stolen$/m)
  const lines = (await run('events', '--json')).out.trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.deepEqual(JSON.parse(lines[0]!), {
    position: 1,
    id: 'event-1',
    type: 'directory.extension-suspended',
    at: '2026-11-22T12:00:00.001Z',
    severity: 'warning',
    data: { actor: { kind: 'operator', name: 'console' }, extension: '101', reason: 'stolen' },
  })
})

test('types are filtered by name and by family', async () => {
  const { run, state } = createFakeTerminal()
  await run('events', '--type', 'call.*', 'registration', '--type', 'store.unavailable,media.refused', '--since', '15m')
  assert.deepEqual(state.asked, [
    [
      'events',
      { types: ['call.', 'registration.', 'store.unavailable', 'media.refused'], since: NOON - 900_000, limit: 1_000 },
    ],
  ])
})

test('following prints what comes until it is interrupted', async () => {
  const terminal = createFakeTerminal()
  const { state } = terminal
  state.log = [suspended(1)]
  const { operations } = await terminal.ports.openOperations('x')
  let asked = 0
  operations.eventsFollow = async ({ after }) => {
    asked++
    if (asked === 1) {
      assert.equal(after, 1)
      return { ok: true, value: [suspended(2)] }
    }
    assert.equal(after, 2)
    setImmediate(() => terminal.signal('SIGINT'))
    return new Promise(() => {})
  }
  const { exit, out } = await terminal.run('events', '--follow')
  assert.equal(exit, 0)
  assert.deepEqual(out.match(/10\d by console/g), ['101 by console', '102 by console'])
})

test('following ends when nobody reads any more', async () => {
  const terminal = createFakeTerminal({ ports: { stdout: { write: () => true, gone: true } } })
  const { operations } = await terminal.ports.openOperations('x')
  operations.eventsFollow = async () => ({ ok: true, value: [suspended(2)] })
  assert.equal((await terminal.run('events', '--follow')).exit, 0)
})

test('the status names what weakens', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('status')).out, /^Weakened +nothing$/m)
  assert.match((await run('status')).out, /^Held +2 connections, 1 transactions, 0 call legs, 0 bans, 150 MB$/m)
  assert.match((await run('status')).out, /^Certificate +pbx\.example\.com, 90 days left$/m)
  state.status = { ...FAKE_STATUS, weakened: ['allowInsecureListeners: UDP'], store: 'unavailable' }
  const { out } = await run('status')
  assert.match(out, /^Weakened +allowInsecureListeners: UDP$/m)
  assert.match(out, /^Store +unavailable$/m)
  const json = JSON.parse((await run('status', '--json')).out)
  assert.equal(json.certificate.notAfter, '2027-02-20T12:00:00.000Z')
  assert.equal((await createFakeTerminal({ live: false }).run('status')).exit, 3)
})

test('the status says which trunks are up, what is wrong with the others, and what is not encrypted', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('status')).out, /^Trunks +none: no call leaves, not even for help$/m)
  const trunk = { purpose: 'provider', state: 'enabled', health: 'up', problem: null, calls: 0, weakened: [] } as const
  state.status = {
    ...FAKE_STATUS,
    trunks: [
      { ...trunk, name: 'a' },
      { ...trunk, name: 'b', weakened: ['allowInsecureMedia: plain RTP with b'] },
      { ...trunk, name: 'c', health: 'down', problem: 'no answer within 4 s' },
      { ...trunk, name: 'd', state: 'disabled', health: 'unknown' },
    ],
  }
  const { out } = await run('status')
  assert.match(out, /^Trunks +2 up, 1 down \(c: no answer within 4 s\), NOT ENCRYPTED: b$/m)
})

test('calls show the trunk, the number outside and whether it is vouched for', async () => {
  const { run, state } = createFakeTerminal()
  const outside = { ...leg('in', '+4930123'), trunk: 'provider', attestation: 'A' }
  state.past = [{ ...RECORD, from: '+4930123', to: '101', legs: [outside, { ...leg('out', '101'), media: undefined }] }]
  const past = (await run('calls')).out
  assert.match(
    past,
    / provider \+4930123 \(attestation A\), TLSv1\.3, AEAD_AES_256_GCM, PCMU, MOS 4\.4 +TLSv1\.3, no media\n/,
  )
  const side = { number: '101', username: null, signalling: 'TLS', media: null, codec: null, mos: null }
  const legs = [side, { ...side, number: '+4930123', trunk: 'provider' }]
  state.live = [
    {
      id: 'c',
      organisationId: 'o',
      from: '101',
      to: '+4930123',
      state: 'ringing',
      startedAt: NOON,
      answeredAt: null,
      legs,
    },
  ]
  assert.match((await run('calls', '--live')).out, / TLS, no media +provider \+4930123, TLS, no media\n/)
})

test('speech that is not encrypted says so, in lists and in events', async () => {
  const { run, state } = createFakeTerminal()
  const plain = leg('out', '+4930123')
  state.past = [{ ...RECORD, legs: [leg('in', '101'), { ...plain, media: { ...plain.media!, suite: undefined } }] }]
  assert.match((await run('calls')).out, / TLSv1\.3, NOT ENCRYPTED, PCMU, MOS 4\.4\n/)
  const side = { number: '101', username: null, signalling: 'UDP', media: null, codec: 'PCMU', mos: null }
  state.live = [
    {
      id: 'c',
      organisationId: 'o',
      from: '101',
      to: '1',
      state: 'answered',
      startedAt: NOON,
      answeredAt: NOON,
      legs: [side, side],
    },
  ]
  assert.match((await run('calls', '--live')).out, / UDP, NOT ENCRYPTED, PCMU +UDP, NOT ENCRYPTED, PCMU\n/)
  const eventLeg = {
    number: '101',
    username: undefined,
    signalling: 'UDP',
    tls: undefined,
    media: undefined,
    codec: 'PCMU',
  }
  const data = { callId: 'c', from: '101', to: '102', caller: eventLeg, callee: eventLeg, setupMs: 5 }
  const event = { ...suspended(1).event, type: 'call.answered', data } as unknown as RingfenceEvent
  state.log = [{ ...suspended(1), event }]
  assert.match((await run('events')).out, /caller UDP, NOT ENCRYPTED, PCMU; callee UDP, NOT ENCRYPTED, PCMU$/m)
})
