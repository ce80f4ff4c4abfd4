import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationResult, Operations } from '../api/operations.ts'
import type { DialView } from '../api/outside-operations.ts'
import { ManualClock } from '../base/clock.ts'
import type { TrunkId } from '../base/ids.ts'
import { createDirectoryService } from '../directory/directory-service.ts'
import { createFakeRepository } from '../directory/fake-repository.ts'
import { createEventBus } from '../events/bus.ts'
import type { TrunkService, TrunkStatus, TrunkTest } from '../trunk/types.ts'
import { createOperations, type LiveState } from './operations.ts'

const SECRET = 'correct horse battery'
const NEVER = (): never => assert.fail('nobody asks for this here')
const EMPTY = { list: async () => [], query: async () => [] }

function got<T>(result: OperationResult<T>): T {
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  return result.value
}

async function codeOf(result: Promise<OperationResult<unknown>>): Promise<string | undefined> {
  const { ok, error } = (await result) as { readonly ok: boolean; readonly error?: { readonly code: string } }
  return ok ? undefined : error?.code
}

/** A directory in memory with the extensions 101 and 102 in Germany, and trunks by hand where `trunks` says so. */
async function system(trunks?: Partial<TrunkService>): Promise<Operations> {
  const clock = new ManualClock(Date.UTC(2026, 10, 22))
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const { repository } = createFakeRepository()
  const directory = createDirectoryService({ repository, clock, events: bus, domain: 'pbx.example.de' })
  await directory.load()
  const live: LiveState | undefined =
    trunks === undefined
      ? undefined
      : {
          bindings: { bindingsOf: () => [] } as never,
          authenticationOf: () => undefined,
          liveCalls: () => [],
          status: () => ({ version: '0' }) as never,
          drain: NEVER,
          deviceRemoved: async () => undefined,
          extensionSuspended() {},
          trunks: trunks as TrunkService,
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
    live,
  })
  for (const number of ['101', '102']) got(await operations.extensionAdd({ number, name: `Phone ${number}` }))
  return operations
}

async function dial(operations: Operations, number: string, from = '101'): Promise<DialView> {
  return got(await operations.dialDryRun({ number, from }))
}

test('a trunk without a server: what was said, the defaults, and no password anywhere', async () => {
  const operations = await system()
  const input = { name: 'provider', host: 'SIP.example.net', register: true, username: '4930', password: SECRET }
  const added = got(await operations.trunkAdd(input))
  assert.equal(added.host, 'sip.example.net')
  // As `ringfence trunk add --help` says.
  assert.deepEqual([added.transport, added.purpose, added.numberFormat], ['TLS', 'provider', '+e164'])
  assert.deepEqual([added.priority, added.weight, added.maximumCalls, added.callsPerSecond], [10, 10, 100, 10])
  assert.equal(added.hasPassword, true)
  assert.equal(added.live, null)
  assert.deepEqual(added.weakened, [])
  assert.equal('password' in added, false)
  const all = [got(await operations.trunkList()), got(await operations.trunkShow({ name: 'provider' }))]
  assert.doesNotMatch(JSON.stringify(all), new RegExp(SECRET))
  assert.equal(await codeOf(operations.trunkAdd(input)), 'DIRECTORY_TRUNK_EXISTS')
  assert.equal(await codeOf(operations.trunkShow({ name: 'other' })), 'DIRECTORY_TRUNK_UNKNOWN')
  assert.equal(await codeOf(operations.trunkTest({ name: 'provider' })), 'OPERATION_NEEDS_SERVER')
  // It registers, so it cannot be without one.
  assert.equal(await codeOf(operations.trunkChange({ name: 'provider', password: null })), 'DIRECTORY_TRUNK_INVALID')
  const changed = got(await operations.trunkChange({ name: 'provider', register: false, password: null, port: 5071 }))
  assert.deepEqual([changed.hasPassword, changed.port, changed.username], [false, 5071, '4930'])
  assert.equal(got(await operations.trunkChange({ name: 'provider', port: null })).port, null)
  assert.deepEqual(got(await operations.trunkRemove({ name: 'provider' })), { name: 'provider' })
})

test('what is not encrypted has to be asked for, and is then named', async () => {
  const operations = await system()
  const udp = { name: 'old', host: '192.0.2.20', transport: 'UDP', sources: ['192.0.2.20'] } as const
  assert.equal(await codeOf(operations.trunkAdd(udp)), 'DIRECTORY_TRUNK_INSECURE')
  const added = got(await operations.trunkAdd({ ...udp, allowInsecureSignalling: true, allowInsecureMedia: true }))
  assert.deepEqual(added.weakened, [
    'allowInsecureSignalling: SIP over UDP with 192.0.2.20',
    'allowInsecureMedia: plain RTP with 192.0.2.20',
  ])
})

test('a running server says how trunks are, follows each change, and tests', async () => {
  const followed: TrunkId[] = []
  const status: Partial<TrunkStatus> = {
    health: 'down',
    problem: 'no answer within 4 s',
    liveCalls: 2,
    tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    remote: { address: '192.0.2.20', port: 5061 },
  }
  const result: TrunkTest = { ok: true, steps: [{ step: 'answered', ok: true, detail: '200' }] }
  const operations = await system({
    changed: id => void followed.push(id),
    status: () => status as TrunkStatus,
    test: async () => result,
  })
  const added = got(await operations.trunkAdd({ name: 'provider', host: 'sip.example.net' }))
  assert.deepEqual(added.live, {
    health: 'down',
    problem: 'no answer within 4 s',
    registeredUntil: null,
    calls: 2,
    tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    remote: '192.0.2.20:5061',
    roundTrip: null,
  })
  got(await operations.trunkChange({ name: 'provider', state: 'disabled' }))
  assert.deepEqual(got(await operations.trunkTest({ name: 'provider' })), result)
  const [summary] = got(await operations.status()).trunks
  assert.deepEqual([summary?.name, summary?.state, summary?.health], ['provider', 'disabled', 'down'])
  got(await operations.trunkRemove({ name: 'provider' }))
  assert.equal(followed.length, 3)
  assert.equal(new Set(followed).size, 1)
})

test('numbers and groups: added, routed, in use, removed', async () => {
  const operations = await system()
  const members = ['101', '102']
  const group = got(await operations.groupAdd({ number: '200', members, otherwise: 'extension:101' }))
  assert.deepEqual([group.strategy, group.otherwise], ['all', 'extension:101'])
  const e164 = '+493012345678'
  assert.equal(await codeOf(operations.numberAdd({ e164, target: 'group:300' })), 'DIRECTORY_TARGET_INVALID')
  const added = got(await operations.numberAdd({ e164, target: 'group:200', afterHours: 'extension:102' }))
  assert.deepEqual(added, {
    e164,
    label: '',
    target: 'group:200',
    afterHours: 'extension:102',
    anonymous: 'accept',
  })
  assert.equal(await codeOf(operations.groupRemove({ number: '200' })), 'DIRECTORY_IN_USE')
  const routed = got(await operations.numberRoute({ e164, target: 'reject', afterHours: null }))
  assert.deepEqual([routed.target, routed.afterHours], ['reject', null])
  assert.equal(got(await operations.groupChange({ number: '200', otherwise: null })).otherwise, null)
  got(await operations.groupRemove({ number: '200' }))
  got(await operations.numberRemove({ e164 }))
  assert.deepEqual(got(await operations.numberList()), [])
  assert.deepEqual(got(await operations.groupList()), [])
})

test('how the organisation and an extension call: what is left out stays, null takes away', async () => {
  const operations = await system()
  const before = got(await operations.callingShow())
  assert.deepEqual([before.country, before.openCountries, before.offNetForwarding], ['DE', ['DE'], false])
  const hours = [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }]
  got(await operations.callingChange({ timeZone: 'Europe/Berlin', hours, areaCode: '30' }))
  const after = got(await operations.callingChange({ holidays: ['2026-12-25'], areaCode: null }))
  assert.deepEqual(after, { ...before, timeZone: 'Europe/Berlin', hours, holidays: ['2026-12-25'] })
  const forwardAlways = 'external:+4930999'
  const change = operations.extensionCallingChange({ extension: '101', forwardAlways })
  assert.equal(await codeOf(change), 'DIRECTORY_FORWARDING_CLOSED')
  const owned = '+493012345678'
  assert.equal(
    await codeOf(operations.extensionCallingChange({ extension: '101', callerId: owned })),
    'DIRECTORY_CALLER_ID_NOT_OWNED',
  )
  got(await operations.numberAdd({ e164: owned, target: 'extension:101' }))
  const set = got(
    await operations.extensionCallingChange({ extension: '101', callerId: owned, forwardBusy: 'extension:102' }),
  )
  assert.deepEqual([set.callerId, set.forwardBusy, set.noAnswerSeconds], [owned, 'extension:102', 20])
  const off = got(await operations.extensionCallingChange({ extension: '101', forwardBusy: null }))
  assert.deepEqual([off.callerId, off.forwardBusy], [owned, null])
  assert.deepEqual(got(await operations.extensionCallingShow({ extension: '101' })), off)
  assert.equal(await codeOf(operations.extensionCallingShow({ extension: '999' })), 'DIRECTORY_EXTENSION_UNKNOWN')
})

test('a dry run: trunks in order, caller id, and what is denied', async () => {
  const operations = await system()
  const nowhere = await dial(operations, '030 1234567')
  assert.deepEqual([nowhere.verdict, nowhere.route], ['allowed', []])
  assert.match(nowhere.reason, /no trunk can take it now/)
  for (const [name, priority, purpose] of [
    ['second', 20, 'provider'],
    ['first', 10, 'provider'],
    ['exchange', 1, 'pbx'],
  ] as const) {
    got(await operations.trunkAdd({ name, host: `${name}.example.net`, priority, purpose }))
  }
  got(await operations.trunkAdd({ name: 'off', host: 'off.example.net', state: 'disabled', priority: 1 }))
  got(await operations.numberAdd({ e164: '+493012345678', target: 'extension:102' }))
  assert.deepEqual(await dial(operations, '0301234567'), {
    e164: '+49301234567',
    class: 'ordinary',
    verdict: 'allowed',
    route: ['first', 'second'],
    callerId: '+493012345678',
    reason: 'an ordinary number in DE',
  })
  const emergency = await dial(operations, '112')
  assert.deepEqual([emergency.class, emergency.verdict], ['emergency', 'allowed'])
  assert.deepEqual(emergency.route, ['first', 'second', 'off'])
  const abroad = await dial(operations, '004312345678')
  assert.deepEqual([abroad.e164, abroad.verdict, abroad.route], ['+4312345678', 'denied', []])
  assert.match(abroad.reason, /Austria are closed/)
  const ours = await dial(operations, '+493012345678')
  assert.deepEqual([ours.class, ours.e164, ours.route], ['internal', '+493012345678', ['extension:102']])
  got(await operations.numberRoute({ e164: '+493012345678', afterHours: 'reject' }))
  got(await operations.callingChange({ timeZone: 'UTC', holidays: ['2026-11-22'] }))
  assert.deepEqual((await dial(operations, '+493012345678')).verdict, 'denied')
  assert.deepEqual((await dial(operations, '102')).route, ['extension:102'])
  assert.deepEqual((await dial(operations, '999')).verdict, 'denied')
  assert.equal(await codeOf(operations.dialDryRun({ number: '112', from: '999' })), 'DIRECTORY_EXTENSION_UNKNOWN')
})

test('a dry run of a suspended extension: nothing outside, but help', async () => {
  const operations = await system()
  got(await operations.trunkAdd({ name: 'first', host: 'first.example.net' }))
  got(await operations.extensionSuspend({ number: '101', reason: 'stolen' }))
  const outside = await dial(operations, '0301234567')
  assert.deepEqual([outside.verdict, outside.route], ['denied', []])
  assert.match(outside.reason, /suspended: stolen/)
  assert.deepEqual((await dial(operations, '110')).route, ['first'])
  assert.equal((await dial(operations, '102')).verdict, 'allowed')
})

test('a dry run with a running server asks the trunks as a call would', async () => {
  const purposes: string[] = []
  const operations = await system({
    changed: () => undefined,
    status: () => undefined,
    candidates: (_organisation, purpose) => {
      purposes.push(purpose)
      return []
    },
  })
  got(await operations.trunkAdd({ name: 'first', host: 'first.example.net' }))
  assert.deepEqual((await dial(operations, '0301234567')).route, [])
  assert.deepEqual((await dial(operations, '112')).route, [])
  assert.deepEqual(purposes, ['call', 'emergency'])
})
