import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeOutside, FAKE_TRUNK } from '../../api/fake-outside.ts'
import { FAKE_STATUS } from '../../api/fake-operations.ts'
import type { ListenerView } from '../../api/operations.ts'
import type { TrunkView } from '../../api/outside-operations.ts'
import { checkEmergency, checkNumbers, checkTrunkListeners, checkTrunks } from './check-outside.ts'
import type { Check, DoctorContext, OutsideFacts } from './types.ts'

const CALLING = { ...createFakeOutside().calling, emergencyLocationText: 'Main street 1' }
const LIVE: NonNullable<TrunkView['live']> = {
  health: 'up',
  problem: null,
  registeredUntil: null,
  calls: 0,
  tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
  remote: null,
  roundTrip: 1,
}
const UP: TrunkView = { ...FAKE_TRUNK, live: LIVE }
const UDP: TrunkView = { ...UP, name: 'old', transport: 'UDP', sources: ['192.0.2.20'], live: { ...LIVE, tls: null } }

async function lines(
  check: Check,
  outside: Partial<OutsideFacts> | undefined,
  listeners: readonly ListenerView[] = [],
) {
  const context = {
    status: { ...FAKE_STATUS, listeners },
    outside: outside === undefined ? undefined : { trunks: [UP], numbers: 1, calling: CALLING, ...outside },
  }
  const findings = await check(context as DoctorContext)
  return findings.map(({ state, check: name, message }) => `${state} ${name}: ${message}`)
}

test('a trunk that is up is well; what is wrong with another is a fault; a disabled one is no matter', async () => {
  const down: TrunkView = { ...UP, name: 'b', live: { ...LIVE, health: 'down', problem: 'no answer within 4 s' } }
  const silent: TrunkView = { ...UP, name: 'c', live: { ...LIVE, health: 'unknown' } }
  const trunks = [
    UP,
    down,
    silent,
    { ...down, name: 'd', state: 'disabled' as const },
    { ...UP, name: 'e', live: null },
  ]
  assert.deepEqual(await lines(checkTrunks, { trunks }), [
    'ok trunks: provider is up over TLSv1.3 TLS_AES_256_GCM_SHA384',
    'fail trunks: b is down: no answer within 4 s',
    'warn trunks: c was not heard yet',
    'skipped trunks: e: no server runs',
  ])
})

test('what is not encrypted is named', async () => {
  const trunks = [{ ...UDP, weakened: ['allowInsecureMedia: plain RTP with 192.0.2.20'] }]
  assert.deepEqual(await lines(checkTrunks, { trunks }), [
    'ok trunks: old is up',
    'warn trunks: old: NOT ENCRYPTED, allowInsecureMedia: plain RTP with 192.0.2.20',
  ])
})

test('a trunk over UDP without a listener that takes its address is not heard', async () => {
  const listener = (changes: Partial<ListenerView>): ListenerView => ({
    transport: 'UDP',
    address: '0.0.0.0',
    port: 5060,
    insecure: true,
    expiresAt: null,
    sources: ['192.0.2.0/24'],
    ...changes,
  })
  const deaf = ['warn trunks: old speaks UDP, and no listener in clear hears it: its calls do not reach us']
  assert.deepEqual(await lines(checkTrunkListeners, { trunks: [UP, UDP] }), deaf)
  assert.deepEqual(await lines(checkTrunkListeners, { trunks: [UDP] }, [listener({ sources: ['192.0.2.21'] })]), deaf)
  assert.deepEqual(await lines(checkTrunkListeners, { trunks: [UDP] }, [listener({ transport: 'TCP' })]), deaf)
  assert.deepEqual(await lines(checkTrunkListeners, { trunks: [UDP] }, [listener({ sources: ['::/0'] })]), deaf)
  assert.deepEqual(await lines(checkTrunkListeners, { trunks: [UDP] }, [listener({})]), [])
})

test('nobody can call for help without a trunk, and nobody finds who has no location', async () => {
  assert.deepEqual(await lines(checkEmergency, undefined), [])
  assert.deepEqual(await lines(checkEmergency, {}), ['ok emergency: 1 trunk would be tried'])
  const pbx = { ...UP, purpose: 'pbx' as const }
  assert.match((await lines(checkEmergency, { trunks: [pbx] }))[0]!, /^warn emergency: no trunk leads outside/)
  const down = { ...UP, live: { ...LIVE, health: 'down' as const } }
  assert.match((await lines(checkEmergency, { trunks: [down] }))[0]!, /^warn emergency: no trunk is up/)
  const calling = { ...CALLING, emergencyLocationText: null }
  assert.match((await lines(checkEmergency, { calling }))[0]!, /^warn emergency: no location is set/)
})

test('a provider without a number of ours is half a way', async () => {
  assert.deepEqual(await lines(checkNumbers, { trunks: [], numbers: 0 }), [])
  assert.deepEqual(await lines(checkNumbers, { numbers: 2 }), ['ok numbers: 2 of our own'])
  assert.match((await lines(checkNumbers, { numbers: 0 }))[0]!, /^warn numbers: no number is ours/)
})
