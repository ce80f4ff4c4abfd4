import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trunk } from '../directory/trunk.ts'
import { buildRequest } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { type FakeFlow, fakeFlow } from '../sip/transport/fake-transport.ts'
import type { TransportProtocol } from '../sip/transport/types.ts'
import { Outside } from '../../test/support/outside.ts'
import { OURS, THEIRS, trunkNamed, TrunkWorld } from '../../test/support/trunk-world.ts'
import { NetworkIndex } from './network-index.ts'
import { createRecognition } from './recognise.ts'

const CLEAR: Partial<Trunk> = { transport: 'UDP', allowInsecureSignalling: true }

function recognising(trunks: readonly Trunk[], owned: readonly [string, Trunk['organisationId']][] = []) {
  const outside = new Outside()
  const ownedNumber = (e164: string) => {
    const found = owned.find(([number]) => number === e164)
    return found === undefined ? outside.ownedNumber(e164) : { ...OWNED, e164, organisationId: found[1] }
  }
  const recognition = createRecognition({ ownedNumber }, flowId => flowId === 'phone')
  recognition.replace(trunks)
  return recognition
}

const OWNED = {
  id: 'number' as never,
  label: '',
  target: { kind: 'extension' as const, number: '101' } as never,
  afterHours: undefined,
  anonymous: 'accept' as const,
  createdAt: 0,
}

function invite(uri: string, to = uri): SipRequest {
  return buildRequest({
    method: 'INVITE',
    uri,
    headers: [
      ['From', '<sip:someone@elsewhere.example>;tag=1'],
      ['To', `<${to}>`],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
    ],
  })
}

function from(address: string, protocol: TransportProtocol = 'TLS', port?: number): FakeFlow {
  return Object.assign(fakeFlow(protocol, address, port), {
    listener: { protocol, address: '192.0.2.1', port: 5061, insecure: protocol === 'UDP' },
  })
}

function withCertificate(flow: FakeFlow, names: readonly string[], trusted = true): FakeFlow {
  const clientCertificate = {
    subject: 'CN=anybody',
    fingerprint: 'f',
    serialNumber: '1',
    trusted,
    subjectAlternativeNames: names,
  }
  return Object.assign(flow, { tls: { protocol: 'TLSv1.3', cipher: 'c', clientCertificate } })
}

test('by source address: TLS for every trunk, plaintext only where the trunk says so', () => {
  const sources = ['198.51.100.0/24']
  for (const [settings, protocol, known] of [
    [{}, 'TLS', true],
    [{}, 'TCP', false],
    [{}, 'UDP', false],
    [{}, 'WSS', false],
    [{ allowInsecureSignalling: true }, 'UDP', false],
    [{ allowInsecureSignalling: true }, 'TCP', false],
    [{ transport: 'UDP' }, 'UDP', false],
    [CLEAR, 'UDP', true],
    [CLEAR, 'TCP', true],
    [CLEAR, 'TLS', true],
    [CLEAR, 'WS', false],
    [{ ...CLEAR, transport: 'TCP' }, 'TCP', true],
    [{ ...CLEAR, transport: 'TCP' }, 'UDP', false],
  ] as const) {
    const recognition = recognising([trunkNamed('main', { ...settings, sources })])
    const found = recognition.trunkOf(from('198.51.100.7', protocol))?.name
    assert.equal(found, known ? 'main' : undefined, `${JSON.stringify(settings)} ${protocol}`)
    assert.equal(recognition.trunkOf(from('198.51.101.7', protocol)), undefined)
  }
})

test('the longest network first; a mapped address is the address', () => {
  const wide = trunkNamed('wide', { sources: ['198.51.0.0/16', '2001:db8::/32'] })
  const narrow = trunkNamed('narrow', { sources: ['198.51.100.0/24', '2001:db8:5::/48'], organisationId: THEIRS })
  const recognition = recognising([wide, narrow])
  assert.equal(recognition.trunkOf(from('198.51.100.7'))?.name, 'narrow')
  assert.equal(recognition.trunkOf(from('::ffff:198.51.100.7'))?.name, 'narrow')
  assert.equal(recognition.trunkOf(from('198.51.99.7'))?.name, 'wide')
  assert.equal(recognition.trunkOf(from('2001:db8:5:1::9'))?.name, 'narrow')
  assert.equal(recognition.trunkOf(from('2001:db8:6:1::9'))?.name, 'wide')
  assert.equal(recognition.trunkOf(from('2001:db9::1')), undefined)
})

test('a narrow network of a trunk that may not come this way does not hide a wide one of a trunk that may', () => {
  const recognition = recognising([
    trunkNamed('encrypted', { sources: ['198.51.100.7'] }),
    trunkNamed('clear', { ...CLEAR, sources: ['198.51.100.0/24'] }),
  ])
  assert.equal(recognition.trunkOf(from('198.51.100.7', 'UDP'))?.name, 'clear')
  assert.equal(recognition.trunkOf(from('198.51.100.7'))?.name, 'encrypted')
})

test('the same network: by port, by domain, by account, by whose number is called; between organisations never a guess', () => {
  const sources = ['198.51.100.7']
  const first = trunkNamed('first', { ...CLEAR, sources, port: 5060, domain: 'one.example', username: 'u1' })
  const second = trunkNamed('second', {
    ...CLEAR,
    sources,
    port: 5070,
    domain: 'two.example',
    username: 'u2',
    organisationId: THEIRS,
  })
  const recognition = recognising(
    [first, second],
    [
      ['+4930111', OURS],
      ['+4930222', THEIRS],
    ],
  )
  const name = (flow: FakeFlow, request?: SipRequest): string | undefined => recognition.trunkOf(flow, request)?.name
  assert.equal(name(from('198.51.100.7', 'UDP', 5060)), 'first')
  assert.equal(name(from('198.51.100.7', 'UDP', 5070)), 'second')
  const any = from('198.51.100.7', 'TCP', 40_000)
  assert.equal(name(any), undefined)
  assert.equal(name(any, invite('sip:x@192.0.2.1')), undefined)
  assert.equal(name(any, invite('sip:x@192.0.2.1', 'sip:x@two.example')), 'second')
  assert.equal(name(any, invite('sip:u1@192.0.2.1', 'sip:x@192.0.2.1')), 'first')
  assert.equal(name(any, invite('sip:+4930111@192.0.2.1')), 'first')
  assert.equal(name(any, invite('sip:4930222@192.0.2.1')), 'second')
  assert.equal(name(any, invite('tel:+4930222', 'sip:x@192.0.2.1')), 'second')
  assert.equal(name(any, invite('sip:+4930333@192.0.2.1')), undefined)
})

test('several trunks of one organisation at one address: any of them', () => {
  const sources = ['198.51.100.7']
  const recognition = recognising([trunkNamed('a', { sources }), trunkNamed('b', { sources })])
  assert.equal(recognition.trunkOf(from('198.51.100.7'), invite('sip:x@192.0.2.1'))?.name, 'a')
})

test('by a trusted certificate that names the trunk, from anywhere; never by one that is not trusted, or names others', () => {
  const recognition = recognising([
    trunkNamed('named', { certificateNames: ['sip.provider.example', 'Other.Example'] }),
    trunkNamed('host', { host: 'pbx.example', sources: ['198.51.100.7'] }),
  ])
  const name = (address: string, names: readonly string[], trusted = true): string | undefined =>
    recognition.trunkOf(withCertificate(from(address), names, trusted))?.name
  assert.equal(name('203.0.113.200', ['DNS:sip.provider.example']), 'named')
  assert.equal(name('203.0.113.200', ['DNS:other.example']), 'named')
  assert.equal(name('203.0.113.200', ['URI:sip:pbx.example']), 'host')
  assert.equal(name('203.0.113.200', ['URI:sip:mallory@pbx.example']), undefined)
  assert.equal(name('203.0.113.200', ['DNS:*.example']), undefined)
  assert.equal(name('203.0.113.200', ['email:pbx.example']), undefined)
  assert.equal(name('203.0.113.200', ['DNS:sip.provider.example'], false), undefined)
  // A phone of ours behind the address of an exchange.
  assert.equal(name('198.51.100.7', ['DNS:phone-17.example']), undefined)
  assert.equal(name('198.51.100.7', ['DNS:phone-17.example'], false), 'host')
})

test('a phone that is registered behind the address of an exchange is a phone', () => {
  const recognition = recognising([trunkNamed('host', { sources: ['198.51.100.7'] })])
  const flow = from('198.51.100.7')
  assert.equal(recognition.trunkOf(flow)?.name, 'host')
  assert.equal(recognition.trunkOf({ ...flow, id: 'phone' }), undefined)
})

test('by the connection that we opened, until it closes or the trunk is disabled', async () => {
  const world = new TrunkWorld()
  const trunk = world.trunk('main', { host: '203.0.113.5' })
  world.service.start()
  await world.pass(1000)
  const flow = world.service.openFlow(trunk.id)!
  assert.equal(world.service.trunkOf(flow)?.name, 'main')
  assert.equal(world.service.trunkOf(from('203.0.113.5')), undefined, 'another connection from there is not')
  world.change(trunk, { state: 'disabled' })
  assert.equal(world.service.trunkOf(flow), undefined)
  world.change(trunk, {})
  await world.pass(1000)
  const again = world.service.openFlow(trunk.id) as FakeFlow
  assert.equal(world.service.trunkOf(again)?.name, 'main')
  world.transport.closeFlow(again)
  assert.equal(world.service.trunkOf(again), undefined)
})

test('an index of networks takes what is one, and nothing else', () => {
  const index = new NetworkIndex<string>()
  for (const bad of ['', 'x', '1.2.3', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/8/8', '1.2.3.4/ 8', '::/129', '01.2.3.4']) {
    assert.equal(index.add(bad, 'bad'), false, bad)
  }
  for (const good of ['0.0.0.0/0', '255.255.255.255', '::/0', '::ffff:10.0.0.0/104', '128.0.0.0/1']) {
    assert.equal(index.add(good, good), true, good)
  }
  assert.deepEqual(index.longest('255.255.255.255'), ['255.255.255.255'])
  assert.deepEqual(index.longest('255.255.255.254'), ['128.0.0.0/1'])
  assert.deepEqual(index.longest('10.9.9.9'), ['::ffff:10.0.0.0/104'])
  assert.deepEqual(index.longest('1.1.1.1'), ['0.0.0.0/0'])
  assert.deepEqual(index.longest('fe80::1%eth0'), ['::/0'])
  assert.deepEqual(index.longest('nonsense'), [])
  for (const [text, other] of [
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['fe80::1%eth0', 'fe80::1'],
  ] as const) {
    const one = new NetworkIndex<string>()
    assert.ok(one.add(text, text))
    assert.ok(one.has(other), `${text} is ${other}`)
    assert.equal(one.has('2001:db8::2'), false)
  }
})
