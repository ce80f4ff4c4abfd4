import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { parseNetwork } from '../base/network.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createSourceGuard } from '../guard/source-guard.ts'
import { buildRequest, buildResponse } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createMessageGate } from './message-gate.ts'
import type { MessageGate, MessageGateOptions, RegistrationKnowledge } from './types.ts'

const STRANGER = '198.51.100.7'

function flow(change: Partial<Flow> = {}): Flow {
  return {
    id: `${change.remoteAddress ?? STRANGER}:${change.remotePort ?? 5060}:${change.protocol ?? 'TLS'}`,
    protocol: 'TLS',
    localAddress: '192.0.2.1',
    localPort: 5061,
    remoteAddress: STRANGER,
    remotePort: 5060,
    secure: true,
    reliable: change.protocol !== 'UDP',
    tls: undefined,
    listener: { protocol: change.protocol ?? 'TLS', address: '192.0.2.1', port: 5061, insecure: false },
    open: true,
    ...change,
  }
}

function request(method: string, username?: string): SipRequest {
  const headers: [string, string][] = [
    ['Via', 'SIP/2.0/TLS 198.51.100.7;branch=z9hG4bK1'],
    ['From', `<sip:${method === 'REGISTER' ? 'b@example.com' : 'a@elsewhere.example'}>;tag=1`],
    ['To', '<sip:b@example.com>'],
    ['Call-ID', 'c'],
    ['CSeq', `1 ${method}`],
    ['Max-Forwards', '70'],
    ['Contact', '<sip:b@198.51.100.7:5060>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'],
    ['Allow', 'INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REFER, UPDATE'],
    ['User-Agent', 'Example Phone 1.0'],
  ]
  if (username !== undefined) headers.push(['Authorization', `Digest username="${username}", response="0"`])
  return buildRequest({ method, uri: 'sip:example.com', headers })
}

class Registrations implements RegistrationKnowledge {
  readonly flows = new Set<string>()
  readonly sources = new Set<string>()
  readonly formerSources = new Set<string>()
  readonly accounts = new Set<string>()
  isRegisteredFlow = (flowId: string): boolean => this.flows.has(flowId)
  isRegisteredSource = (address: string): boolean => this.sources.has(address)
  wasRegisteredSource = (address: string): boolean => this.sources.has(address) || this.formerSources.has(address)
  isRegisteredSourceOf = (username: string, address: string): boolean => this.accounts.has(`${username} ${address}`)
}

function setUp(options: Partial<MessageGateOptions> = {}) {
  const clock = new ManualClock()
  const registrations = new Registrations()
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(event => void events.push(event))
  const { isTrunkAddress = () => false } = options
  const guard = createSourceGuard({
    clock,
    spared: { ...registrations, isTrunkAddress },
    isRegisteredFlow: registrations.isRegisteredFlow,
    table: { limit: 100 },
  })
  const gate = createMessageGate({
    clock,
    registrations,
    events: bus,
    guard,
    isOurDomain: host => host === 'example.com',
    ...options,
  })
  const bans = () => guard.sources.list(guard.now()).filter(({ action }) => action === 'ban')
  return { clock, registrations, events, gate, guard, bans }
}

const kind = (gate: MessageGate, message: SipRequest, at: Flow): string => gate.admit(message, at).kind

test('requests of strangers get no answer, but for REGISTER', () => {
  const { gate } = setUp()
  for (const method of ['INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'BYE', 'CANCEL', 'FOO']) {
    const verdict = gate.admit(request(method), flow())
    assert.equal(verdict.kind === 'drop' && verdict.rule, 'dropUnknownSource', method)
  }
  assert.equal(kind(gate, request('REGISTER'), flow()), 'pass')
  assert.equal(kind(gate, request('ACK'), flow()), 'pass')
  assert.equal(gate.admit(buildResponse(request('INVITE'), 200), flow()).kind, 'pass')
})

test('who is no stranger', () => {
  const insecure = { protocol: 'UDP', address: '192.0.2.1', port: 5060, insecure: true } as const
  const certificate = { subject: '', fingerprint: 'f', serialNumber: '', trusted: true, subjectAlternativeNames: [] }
  const tls = (trusted: boolean) => ({
    tls: { protocol: 'TLSv1.3', cipher: 'x', clientCertificate: { ...certificate, trusted } },
  })
  const { gate, registrations } = setUp({
    knownNetworks: [parseNetwork('203.0.113.0/24')!],
    insecureNetworks: [parseNetwork('10.1.0.0/16')!],
  })
  registrations.flows.add('registered')
  registrations.formerSources.add('198.51.100.20')
  const cases: readonly (readonly [string, Partial<Flow>, string])[] = [
    ['a flow that carries a registration', { id: 'registered' }, 'pass'],
    ['a trusted client certificate', tls(true), 'pass'],
    ['an untrusted one', tls(false), 'drop'],
    ['an address that was registered within 24 h', { remoteAddress: '198.51.100.20' }, 'pass'],
    ['a configured network', { remoteAddress: '203.0.113.9' }, 'pass'],
    [
      'a named network on the insecure listener',
      { remoteAddress: '10.1.2.3', protocol: 'UDP', listener: insecure },
      'pass',
    ],
    ['the same network elsewhere', { remoteAddress: '10.1.2.3' }, 'drop'],
    [
      'another network on the insecure listener',
      { remoteAddress: '10.2.2.3', protocol: 'UDP', listener: insecure },
      'drop',
    ],
    ['this machine', { remoteAddress: '127.0.0.1' }, 'pass'],
    ['this machine over IPv6', { remoteAddress: '::1' }, 'pass'],
    ['another loopback address', { remoteAddress: '127.0.0.2' }, 'drop'],
    ['a connection that we opened', { listener: undefined }, 'pass'],
  ]
  for (const [what, change, expected] of cases) {
    assert.equal(kind(gate, request('INVITE'), flow(change)), expected, what)
  }
})

test('an unknown source may send 20 messages a second, an IPv6 /64 together; this machine is not counted', () => {
  const { gate, clock } = setUp()
  const passed = (of: (i: number) => Partial<Flow>, count: number): number => {
    let n = 0
    for (let i = 0; i < count; i++) if (kind(gate, request('REGISTER'), flow(of(i))) === 'pass') n++
    return n
  }
  assert.equal(
    passed(() => ({}), 50),
    20,
  )
  clock.advance(500)
  assert.equal(
    passed(() => ({}), 50),
    10,
  )
  assert.equal(
    passed(i => ({ remoteAddress: `2001:db8::${i + 1}` }), 50),
    20,
  )
  assert.equal(
    passed(() => ({ remoteAddress: '127.0.0.1' }), 5_000),
    5_000,
  )
})

test('datagrams of an unknown source are counted before they are parsed, and only there', () => {
  const { gate } = setUp()
  let accepted = 0
  for (let i = 0; i < 100; i++) if (gate.filter.acceptDatagram(STRANGER, 1000 + i, Buffer.alloc(0))) accepted++
  assert.equal(accepted, 20)
  const udp = flow({ protocol: 'UDP' })
  for (let i = 0; i < 30; i++) assert.equal(kind(gate, request('REGISTER'), udp), 'pass')
  for (let i = 0; i < 1_000; i++) assert.ok(gate.filter.acceptDatagram('127.0.0.1', 5060, Buffer.alloc(0)))
})

test('a registered flow has a bucket of its own: 200 a second', () => {
  const { gate, registrations } = setUp()
  registrations.flows.add('phone')
  let passed = 0
  for (let i = 0; i < 500; i++) if (kind(gate, request('OPTIONS'), flow({ id: 'phone' })) === 'pass') passed++
  assert.equal(passed, 200)
})

test('20 wrong credentials in a minute from one source: banned for an hour', () => {
  const { gate, clock, bans } = setUp()
  for (let i = 0; i < 19; i++) gate.noteAuthentication('wrong-secret', `user${i % 4}`, flow())
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), true)
  gate.noteAuthentication('wrong-secret', 'user0', flow())
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), false)
  const verdict = gate.admit(request('REGISTER'), flow())
  assert.equal(verdict.kind === 'drop' && verdict.rule, 'dropBanned')
  assert.equal(bans().length, 1)
  clock.advance(3_600_000)
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), true)
  assert.equal(kind(gate, request('REGISTER'), flow()), 'pass')
  assert.equal(bans().length, 0)
})

test('20 wrong credentials over more than a minute ban nobody, and a ban can be lifted', () => {
  const { gate, clock, guard, bans } = setUp()
  for (let i = 0; i < 60; i++) {
    gate.noteAuthentication('wrong-secret', `user${i % 4}`, flow())
    clock.advance(4_000)
  }
  assert.equal(bans().length, 0)
  for (let i = 0; i < 20; i++) gate.noteAuthentication('wrong-secret', `user${i % 4}`, flow())
  const target = { kind: 'address', value: STRANGER } as const
  assert.equal(guard.sources.undo(target, 'ann', guard.now()).length, 1)
  assert.equal(guard.sources.undo(target, 'ann', guard.now()).length, 0)
  assert.equal(kind(gate, request('REGISTER'), flow()), 'pass')
})

test('a UDP source can be forged: only the exact socket, for a minute', () => {
  const { gate, clock } = setUp()
  const udp = flow({ protocol: 'UDP', remotePort: 4000 })
  for (let i = 0; i < 20; i++) gate.noteAuthentication('wrong-secret', 'victim', udp)
  assert.equal(gate.filter.acceptDatagram(STRANGER, 4000, Buffer.alloc(0)), false)
  assert.equal(gate.filter.acceptDatagram(STRANGER, 4001, Buffer.alloc(0)), true)
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), true)
  clock.advance(60_000)
  assert.equal(gate.filter.acceptDatagram(STRANGER, 4000, Buffer.alloc(0)), true)
})

test('an address that a registered phone uses is never banned; this machine is no exception from counting', () => {
  const { gate, registrations, bans } = setUp()
  registrations.sources.add(STRANGER)
  for (let i = 0; i < 50; i++) gate.noteAuthentication('wrong-secret', 'x', flow())
  assert.deepEqual(bans(), [])
  for (let i = 0; i < 20; i++) gate.noteAuthentication('wrong-secret', 'x', flow({ remoteAddress: '127.0.0.1' }))
  assert.equal(bans()[0]?.target.value, '127.0.0.1')
  registrations.sources.add('127.0.0.1')
  assert.equal(kind(gate, request('REGISTER'), flow({ remoteAddress: '127.0.0.1' })), 'pass')
})

test('5 wrong credentials for one account from anywhere: it backs off for strangers, not for its own phone', () => {
  const { gate, registrations, clock } = setUp()
  for (let i = 0; i < 5; i++)
    gate.noteAuthentication('wrong-secret', 'victim', flow({ remoteAddress: `198.51.100.${i + 10}` }))
  const attempt = (username: string, address: string): string =>
    kind(gate, request('REGISTER', username), flow({ remoteAddress: address }))
  const verdict = gate.admit(request('REGISTER', 'victim'), flow())
  assert.ok(verdict.kind === 'reject' && verdict.status === 503)
  assert.deepEqual(verdict.headers, [['Retry-After', '600']])
  assert.equal(attempt('another', STRANGER), 'pass')
  assert.equal(kind(gate, request('REGISTER'), flow()), 'pass', 'a request without credentials is challenged as ever')
  registrations.accounts.add('victim 192.0.2.55')
  assert.equal(attempt('victim', '192.0.2.55'), 'pass', 'registered from there')
  gate.noteAuthentication('succeeded', 'victim', flow({ remoteAddress: '192.0.2.56' }))
  assert.equal(attempt('victim', '192.0.2.56'), 'pass', 'proven from there within a day')
  clock.advance(600_000)
  assert.equal(attempt('victim', STRANGER), 'pass')
})

test('a stranger gets a closed connection, and who was challenged on it is told of a malformed request, within its rate', () => {
  const { gate, clock, events } = setUp({ limits: { unknownPerSecond: 5 } })
  const stranger = flow({ remoteAddress: '198.51.100.9' })
  const reason = 'a request that cannot be accepted'
  assert.deepEqual(gate.mayRefuse(request('INVITE'), stranger), {
    kind: 'drop',
    rule: 'dropMalformed',
    reason,
    close: true,
  })
  const rejected = gate.admit(request('OPTIONS'), stranger)
  assert.ok(rejected.kind === 'drop' && rejected.close === true)
  const asked = (at: Flow): void => gate.noteAuthentication('challenged', 'ann', at, request('REGISTER'))
  for (const address of [STRANGER, '198.51.100.8']) asked(flow({ remoteAddress: address }))
  events.length = 0
  const told = (at: Flow): boolean => gate.mayRefuse(request('INVITE'), at).kind === 'pass'
  assert.deepEqual(
    Array.from({ length: 7 }, () => told(flow())),
    [true, true, true, true, true, false, false],
  )
  assert.equal(events.filter(event => event.type === 'message.dropped').length, 1)
  assert.equal(told(flow({ remoteAddress: '127.0.0.1' })), true)
  assert.equal(told(flow({ remoteAddress: '198.51.100.8' })), true)
  clock.advance(1_000)
  assert.equal(told(flow()), true)
  assert.equal(kind(gate, request('INVITE'), flow()), 'drop', 'a well-formed one is still not answered')
  const dropped = gate.admit(request('SUBSCRIBE'), flow())
  assert.ok(
    dropped.kind === 'drop' && dropped.close === undefined,
    'and its connection stays: it may be about to register',
  )
})

test('a source that is banned is not told what is malformed', () => {
  const { gate, clock } = setUp()
  gate.noteAuthentication('challenged', 'ann', flow())
  for (let i = 0; i < 20; i++) gate.noteAuthentication('wrong-secret', `a${i}`, flow())
  assert.equal(gate.mayRefuse(request('INVITE'), flow()).kind, 'drop')
  clock.advance(3_600_001)
  assert.equal(gate.mayRefuse(request('INVITE'), flow()).kind, 'pass')
})

test('drops are events, sampled by source and bounded in all', () => {
  const { gate, events, clock } = setUp()
  const data = (index: number) => {
    const event = events[index]
    assert.ok(event?.type === 'message.dropped')
    return event.data
  }
  for (let i = 0; i < 10; i++) gate.admit(request('INVITE'), flow())
  assert.equal(events.length, 1)
  assert.deepEqual([data(0).count, data(0).rule, data(0).method], [1, 'dropUnknownSource', 'INVITE'])
  clock.advance(60_000)
  gate.admit(request('INVITE'), flow())
  assert.equal(events.length, 2)
  assert.equal(data(1).count, 10)
  for (let i = 0; i < 10_000; i++) gate.admit(request('INVITE'), flow({ remoteAddress: `10.0.${i >> 8}.${i & 255}` }))
  assert.ok(events.length <= 12, `${events.length} events`)
})

test('memory is bounded whatever strangers send', () => {
  const { gate, bans } = setUp({ limits: { remembered: 100 } })
  for (let i = 0; i < 5_000; i++) {
    const from = flow({ remoteAddress: `10.${i >> 8}.${i & 255}.1` })
    gate.admit(request('INVITE'), from)
    for (let n = 0; n < 20; n++) gate.noteAuthentication('wrong-secret', `u${i}`, from)
  }
  assert.ok(bans().length <= 100)
})

test('a trunk is heard, never banned, and allowed as much as a named network', () => {
  const isTrunkAddress = (address: string): boolean => address === STRANGER
  const { gate, clock, bans } = setUp({ isTrunkAddress, limits: { networkPerSecond: 60, unknownPerSecond: 5 } })
  const other = flow({ remoteAddress: '198.51.100.8' })
  for (let i = 0; i < 100; i++) {
    gate.noteAuthentication('wrong-secret', `account-${i}`, flow())
    gate.noteAuthentication('wrong-secret', `account-${i}`, other)
  }
  assert.deepEqual(
    bans().map(({ target }) => target.value),
    ['198.51.100.8'],
  )
  assert.equal(gate.filter.acceptConnection('198.51.100.8', 'TLS'), false)
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), true)
  assert.equal(kind(gate, request('INVITE'), flow()), 'pass')
  for (let i = 1; i < 60; i++) assert.equal(kind(gate, request('OPTIONS'), flow()), 'pass')
  const flooded = gate.admit(request('OPTIONS'), flow())
  assert.ok(flooded.kind === 'drop')
  assert.equal(flooded.rule, 'capRate')
  clock.advance(1000)
  assert.equal(kind(gate, request('OPTIONS'), flow()), 'pass')
})

test('a ban ends when its address becomes a trunk', () => {
  let isTrunk = false
  const { gate } = setUp({ isTrunkAddress: () => isTrunk })
  for (let i = 0; i < 20; i++) gate.noteAuthentication('wrong-secret', `account-${i}`, flow())
  assert.equal(kind(gate, request('REGISTER'), flow()), 'drop')
  isTrunk = true
  assert.equal(kind(gate, request('INVITE'), flow()), 'pass')
  assert.equal(gate.filter.acceptConnection(STRANGER, 'TLS'), true)
})

test('datagrams of a trunk are counted once: before they are parsed', () => {
  const { gate } = setUp({ isTrunkAddress: () => true, limits: { networkPerSecond: 60 } })
  const bytes = Buffer.from('OPTIONS')
  const udp = flow({ protocol: 'UDP', secure: false, reliable: false })
  for (let i = 0; i < 60; i++) {
    assert.equal(gate.filter.acceptDatagram(STRANGER, 5060, bytes), true)
    assert.equal(kind(gate, request('OPTIONS'), udp), 'pass')
  }
  assert.equal(gate.filter.acceptDatagram(STRANGER, 5060, bytes), false)
})

test('a phone that is registered from a trunk address is a phone', () => {
  const { gate, registrations } = setUp({ isTrunkAddress: () => true, limits: { authenticatedPerSecond: 1 } })
  registrations.flows.add(flow().id)
  assert.equal(kind(gate, request('INVITE'), flow()), 'pass')
  assert.equal(kind(gate, request('INVITE'), flow()), 'drop')
})

test('a stranger who asks for a decoy is banned at once; a phone that is registered, or was, is not', () => {
  const { gate, bans, registrations } = setUp({ isDecoy: name => name === 'admin' })
  gate.noteAuthentication('challenged', 'ann', flow(), request('REGISTER'))
  assert.equal(bans().length, 0)
  const former = flow({ remoteAddress: '198.51.100.20' })
  registrations.sources.add('198.51.100.20')
  gate.noteAuthentication('challenged', 'admin', former, request('REGISTER'))
  assert.equal(bans().length, 0)
  gate.noteAuthentication('challenged', 'admin', flow(), request('REGISTER'))
  assert.deepEqual(
    bans().map(({ target, rule }) => [target.value, rule]),
    [[STRANGER, 'GUARD_DECOY']],
  )
})

test('wrong credentials are counted for the organisation whose domain is asked for', () => {
  const { gate, bans } = setUp()
  for (let i = 0; i < 600; i++) {
    const from = flow({ remoteAddress: `10.${i >> 8}.${i & 255}.1`, id: `f${i}` })
    gate.noteAuthentication('wrong-secret', `user${i}`, from, request('REGISTER'))
  }
  assert.equal(bans().length, 0)
  for (let i = 0; i < 3; i++) gate.noteAuthentication('unknown-user', `user${i}`, flow(), request('REGISTER'))
  assert.equal(bans()[0]?.rule, 'GUARD_TENANT_FLOOD')
})
