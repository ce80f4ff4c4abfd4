/** The operator's operations on the firewall, over the real table of sources and a directory in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { sourceKey } from '../base/network.ts'
import type { ListedNetwork } from '../blocklist/types.ts'
import { createDirectoryService } from '../directory/directory-service.ts'
import { createFakeRepository } from '../directory/fake-repository.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createSourceGuard } from '../guard/source-guard.ts'
import { got, refusal } from '../../test/support/fraud-system.ts'
import { createOperations } from './operations.ts'
import type { FirewallLive } from './operations-firewall-parts.ts'

const EMPTY = { list: async () => [], query: async () => [] }
const PHONE = '203.0.113.20'
const PHONE_IPV6 = '2001:db8:1:2::20'
const TRUNK = '192.0.2.77'
const OURS = '192.0.2.10'
const STRANGER = '198.51.100.7'
const ORDER = { minutes: null, reason: 'a test', evenRegistered: false }

async function system() {
  const clock = new ManualClock(Date.UTC(2026, 10, 23, 11))
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const events: RingfenceEvent[] = []
  const repository = createFakeRepository().repository
  const directory = createDirectoryService({ repository, clock, events: bus, domain: 'pbx.example.de', country: 'DE' })
  await directory.load()
  const registered = [PHONE, PHONE_IPV6]
  const listed = new Map<string, ListedNetwork>()
  const countryOf = (address: string): string | undefined =>
    address === PHONE || address.startsWith('2001:db8:1:2:') ? 'DE' : 'FR'
  const systemOf = (address: string): number | undefined => (address === PHONE ? 64_500 : 64_501)
  const guard = createSourceGuard({
    clock,
    spared: {
      isRegisteredSource: address => registered.includes(address),
      isRegisteredSourceOf: () => false,
      isTrunkAddress: address => address === TRUNK,
    },
    isRegisteredFlow: () => false,
    table: { limit: 1_000, whereIs: address => ({ as: systemOf(address), country: countryOf(address) }) },
  })
  const firewall: FirewallLive = {
    guard,
    gate: {
      tryAdmit: () => ({ kind: 'pass' }),
      tryRefuse: () => ({ kind: 'pass' }),
      counts: { rules: () => [], sources: () => [{ source: '2001:db8:9:9::/64', stopped: 4, rule: 'dropScanner' }] },
      signatures: { version: 'test', count: 0 } as never,
    },
    lists: { find: (address: string) => listed.get(address), statuses: () => [] } as never,
    kernel: () => ({ state: 'off', detail: 'a test' }),
    countryOf,
    systemOf,
    tried: [],
    // As the registrar tells them: of IPv6 the /64.
    registeredAddresses: () => registered.map(sourceKey),
    trunkAddresses: () => [TRUNK],
    ownAddresses: () => [OURS],
  }
  const operations = createOperations({
    directory,
    calls: EMPTY as never,
    log: EMPTY as never,
    search: undefined as never,
    bus,
    clock,
    actor: { kind: 'operator', name: 'test' },
    outboundProxy: '',
    ca: '',
    live: undefined,
    firewall,
  })
  got(await operations.extensionAdd({ number: '101', name: 'Phone 101' }))
  bus.subscribe(event => void events.push(event))
  const isBanned = (address: string): boolean =>
    guard.sources.banOf({ address, port: 5060, proven: true }, guard.now()) !== undefined
  return { operations, guard, events, listed, isBanned, directory, clock }
}

for (const [target, named] of [
  [PHONE, PHONE],
  ['203.0.113.0/24', PHONE],
  ['2001:db8:1:2::99', '2001:db8:1:2::/64'],
  ['2001:db8:1::/48', '2001:db8:1:2::/64'],
  ['AS64500', PHONE],
  ['country:DE', PHONE],
  [TRUNK, TRUNK],
  ['192.0.2.64/26', TRUNK],
] as const) {
  test(`a ban of ${target} would shut ${named} out: refused, and whom it hits is said`, async () => {
    const { operations, isBanned } = await system()
    const text = await refusal(operations.firewallBan({ ...ORDER, target }))
    assert.match(text, /^FIREWALL_REFUSED: .*--even-registered/)
    assert.ok(text.includes(named), text)
    const within = named.replace('::/64', '::20')
    assert.equal(isBanned(within), false)
    got(await operations.firewallBan({ ...ORDER, target, evenRegistered: true }))
    assert.equal(isBanned(within), true, 'who was told, and meant it, is obeyed')
  })
}

test('this machine is not banned, whoever asks', async () => {
  const { operations } = await system()
  for (const target of ['127.0.0.1', '::1', OURS, '192.0.2.8/29', '127.0.0.0/8']) {
    const text = await refusal(operations.firewallBan({ ...ORDER, target, evenRegistered: true }))
    assert.match(text, /this machine/, target)
  }
})

test('a ban within the allow-list is refused, because it would do nothing; one around it is not', async () => {
  const { operations, isBanned } = await system()
  got(await operations.firewallAllow({ target: '203.0.113.0/28', minutes: null, reason: 'office' }))
  got(await operations.firewallAllow({ target: 'AS64500', minutes: null, reason: 'office' }))
  for (const target of ['203.0.113.9', '203.0.113.0/28', '203.0.113.8/30', 'AS64500']) {
    const text = await refusal(operations.firewallBan({ ...ORDER, target, evenRegistered: true }))
    assert.match(text, /wins; take that back first: ringfence firewall unban (203\.0\.113\.0\/28|AS64500)$/, target)
  }
  got(await operations.firewallBan({ ...ORDER, target: '203.0.113.0/24' }))
  assert.deepEqual([isBanned('203.0.113.9'), isBanned('203.0.113.200')], [false, true])
})

for (const target of ['198.51.100.0/24', 'AS64501', 'country:FR']) {
  test(`explain of an address that a ban of ${target} holds: the command that it names, and --undo, let it in`, async () => {
    const { operations, isBanned } = await system()
    got(await operations.firewallBan({ ...ORDER, target, evenRegistered: true }))
    assert.equal(isBanned(STRANGER), true)
    const explained = got(await operations.firewallExplain({ subject: STRANGER }))
    assert.equal(explained.verdict, 'banned')
    const named = /^ringfence firewall unban (\S+)$/.exec(explained.undo ?? '')?.[1] ?? ''
    got(await operations.firewallUndo({ target: named, reason: 'a test' }))
    assert.equal(isBanned(STRANGER), false)
  })
}

test('explain finds what was stopped of an IPv6 address under its /64', async () => {
  const { operations } = await system()
  const { because } = got(await operations.firewallExplain({ subject: '2001:db8:9:9::5' }))
  assert.match(because.join('\n'), /4 of its messages were stopped lately, the last by dropScanner/)
})

test('orders and what is taken back are events', async () => {
  const { operations, events } = await system()
  got(await operations.firewallBan({ ...ORDER, target: STRANGER, minutes: 5 }))
  got(await operations.firewallUndo({ target: STRANGER, reason: 'ours' }))
  assert.deepEqual(
    events.map(({ type }) => type),
    ['firewall.ordered', 'firewall.undone'],
  )
  assert.match(await refusal(operations.firewallUndo({ target: STRANGER, reason: 'x' })), /no decision in force/)
})
