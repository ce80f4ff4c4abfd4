import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { parseUri } from '../message/uri.ts'
import type { SipUri } from '../message/types.ts'
import type { PointerRecord, Resolver, ServiceRecord } from './dns-cache.ts'
import { createResolution, orderServices } from './resolver.ts'

interface Zone {
  naptr?: Record<string, PointerRecord[]>
  srv?: Record<string, ServiceRecord[]>
  hosts?: Record<string, string[]>
}

const srv = (name: string, port: number, priority = 10, weight = 0): ServiceRecord => ({ name, port, priority, weight })
const pointer = (service: string, replacement: string, order: number, preference = 0): PointerRecord => ({
  service,
  replacement,
  order,
  preference,
})

function resolution(zone: Zone, options: { maximumTargets?: number; ttl?: number } = {}) {
  const clock = new ManualClock()
  const asked: string[] = []
  const answer = <T>(kind: string, name: string, records: T[] | undefined): Promise<T[]> => {
    asked.push(`${kind} ${name}`)
    return records === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(records)
  }
  const resolver: Resolver = {
    naptr: name => answer('NAPTR', name, zone.naptr?.[name]),
    srv: name => answer('SRV', name, zone.srv?.[name]),
    addresses: name =>
      answer(
        'A',
        name,
        zone.hosts?.[name]?.map(address => ({ address, ttl: options.ttl ?? 60 })),
      ),
  }
  const { maximumTargets = 16 } = options
  const resolve = createResolution({ resolver, clock, maximumTargets })
  const targets = async (uri: string): Promise<string[]> => {
    const found = await resolve(parseUri(uri) as SipUri)
    return found.map(t => `${t.protocol} ${t.address} ${t.port}${t.serverName === undefined ? '' : ` ${t.serverName}`}`)
  }
  return { targets, asked, clock }
}

test('RFC 3263 §4.1, §4.2: numeric hosts need no DNS', async () => {
  const { targets, asked } = resolution({})
  assert.deepEqual(await targets('sip:192.0.2.1'), ['UDP 192.0.2.1 5060'])
  assert.deepEqual(await targets('sip:192.0.2.1:5080;transport=tcp'), ['TCP 192.0.2.1 5080'])
  assert.deepEqual(await targets('sips:192.0.2.1'), ['TLS 192.0.2.1 5061 192.0.2.1'])
  assert.deepEqual(await targets('sip:[2001:db8::1];transport=tls'), ['TLS 2001:db8::1 5061 2001:db8::1'])
  assert.deepEqual(await targets('sip:example.com;maddr=192.0.2.9'), ['UDP 192.0.2.9 5060'])
  assert.deepEqual(asked, [])
})

test('a name with a port: A and AAAA only', async () => {
  const { targets, asked } = resolution({ hosts: { 'example.com': ['192.0.2.1', '2001:db8::1'] } })
  assert.deepEqual(await targets('sip:example.com:5070'), ['UDP 192.0.2.1 5070', 'UDP 2001:db8::1 5070'])
  assert.deepEqual(await targets('sips:example.com:5071'), [
    'TLS 192.0.2.1 5071 example.com',
    'TLS 2001:db8::1 5071 example.com',
  ])
  assert.deepEqual(asked, ['A example.com'], 'the second time from the cache')
})

test('a name with a transport: SRV of that transport, then A', async () => {
  const zone = {
    srv: { '_sip._tcp.example.com': [srv('a.example.net', 5070)] },
    hosts: { 'a.example.net': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'] },
  }
  const { targets, asked } = resolution(zone)
  assert.deepEqual(await targets('sip:example.com;transport=tcp'), ['TCP 192.0.2.1 5070'])
  assert.deepEqual(await targets('sip:b.example.com;transport=tcp'), ['TCP 192.0.2.2 5060'])
  assert.ok(!asked.some(question => question.startsWith('NAPTR')))
})

test('NAPTR by order and preference; the certificate has to name the domain of the URI (RFC 5922 §4)', async () => {
  const zone = {
    naptr: {
      'example.com': [
        pointer('SIP+D2U', '_sip._udp.example.com', 100, 20),
        pointer('SIPS+D2T', '_sips._tcp.example.com', 50),
        pointer('SIP+D2T', '_sip._tcp.example.com', 100, 10),
        pointer('E2U+sip', 'ignored.example.com', 1),
      ],
    },
    srv: {
      '_sips._tcp.example.com': [srv('tls.example.net', 5061)],
      '_sip._tcp.example.com': [srv('tcp.example.net', 5060)],
      '_sip._udp.example.com': [srv('udp.example.net', 5060)],
    },
    hosts: { 'tls.example.net': ['192.0.2.1'], 'tcp.example.net': ['192.0.2.2'], 'udp.example.net': ['192.0.2.3'] },
  }
  const { targets } = resolution(zone)
  assert.deepEqual(await targets('sip:example.com'), [
    'TLS 192.0.2.1 5061 example.com',
    'TCP 192.0.2.2 5060',
    'UDP 192.0.2.3 5060',
  ])
  assert.deepEqual(await targets('sips:example.com'), ['TLS 192.0.2.1 5061 example.com'])
})

test('sips never goes to plaintext, whatever DNS and parameters say (RFC 3261 §26.2.2)', async () => {
  const zone = {
    naptr: {
      'example.com': [pointer('SIP+D2U', '_sip._udp.example.com', 1), pointer('SIP+D2T', '_sip._tcp.example.com', 2)],
    },
    srv: {
      '_sip._udp.example.com': [srv('a.example.com', 5060)],
      '_sip._tcp.example.com': [srv('a.example.com', 5060)],
    },
    hosts: { 'a.example.com': ['192.0.2.1'], 'example.com': ['192.0.2.2'] },
  }
  const { targets } = resolution(zone)
  assert.deepEqual(await targets('sips:example.com'), ['TLS 192.0.2.2 5061 example.com'])
  assert.deepEqual(await targets('sips:example.com;transport=udp'), [])
  assert.deepEqual(await targets('sips:example.com;transport=ws'), ['WSS 192.0.2.2 443 example.com'])
  for (const uri of ['sips:example.com;transport=tcp', 'sips:example.com:5060', 'sips:192.0.2.1:5060']) {
    for (const target of await targets(uri)) assert.match(target, /^TLS /)
  }
})

test('without NAPTR the SRV records of each transport, encrypted first; without SRV the addresses', async () => {
  const zone = {
    srv: {
      '_sip._udp.example.com': [srv('a.example.com', 5060)],
      '_sips._tcp.example.com': [srv('a.example.com', 5061)],
    },
    hosts: { 'a.example.com': ['192.0.2.1'], 'plain.example.com': ['192.0.2.2'] },
  }
  const { targets } = resolution(zone)
  assert.deepEqual(await targets('sip:example.com'), ['TLS 192.0.2.1 5061 example.com', 'UDP 192.0.2.1 5060'])
  assert.deepEqual(await targets('sip:plain.example.com'), ['UDP 192.0.2.2 5060'])
  assert.deepEqual(await targets('sip:unknown.example.com'), [])
  assert.deepEqual(await targets('sip:example.com;transport=sctp'), [])
})

test('RFC 2782: priorities in order, weights as chances, and "." is no service', async () => {
  const records = [srv('last', 1, 20, 100), srv('light', 1, 10, 1), srv('heavy', 1, 10, 99)]
  const names = (random: (bound: number) => number) => orderServices(records, random).map(record => record.name)
  assert.deepEqual(
    names(() => 0),
    ['light', 'heavy', 'last'],
  )
  assert.deepEqual(
    names(bound => bound - 1),
    ['heavy', 'light', 'last'],
  )
  assert.deepEqual(
    names(bound => Math.floor(bound / 2)),
    ['heavy', 'light', 'last'],
  )
  const { targets } = resolution({ srv: { '_sip._tcp.example.com': [srv('.', 0)] } })
  assert.deepEqual(await targets('sip:example.com;transport=tcp'), [])
})

test('targets are bounded', async () => {
  const many = Array.from({ length: 50 }, (_, i) => `192.0.2.${i + 1}`)
  const { targets } = resolution({ hosts: { 'example.com': many } }, { maximumTargets: 4 })
  assert.equal((await targets('sip:example.com:5060')).length, 4)
})

test('answers are kept for their time to live within bounds, absent ones for 10 s', async () => {
  for (const [ttl, kept] of [
    [0, 5],
    [60, 60],
    [86_400, 300],
  ] as const) {
    const { targets, asked, clock } = resolution({ hosts: { 'example.com': ['192.0.2.1'] } }, { ttl })
    await targets('sip:example.com:5060')
    clock.advance(kept * 1000 - 1)
    await targets('sip:example.com:5060')
    assert.equal(asked.length, 1)
    clock.advance(1)
    await targets('sip:example.com:5060')
    assert.equal(asked.length, 2)
  }
  const { targets, asked, clock } = resolution({})
  await targets('sip:nowhere.example:5060')
  clock.advance(9_999)
  await targets('sip:nowhere.example:5060')
  assert.equal(asked.length, 1)
})

test('name servers that never answer cost the time limit, no more', async () => {
  const clock = new ManualClock()
  const never = () => new Promise<never>(() => {})
  const resolve = createResolution({ resolver: { naptr: never, srv: never, addresses: never }, clock })
  const pending = resolve(parseUri('sip:example.com') as SipUri)
  clock.advance(8_000)
  assert.deepEqual(await pending, [])
  assert.equal(clock.pendingCount, 0)
})
