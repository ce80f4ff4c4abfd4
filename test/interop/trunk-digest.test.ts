/** A provider that registers us, Kamailio with TLS and digest, and phones behind it with SRTP: calls out and in, with sound. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBaresip } from '../support/baresip.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import {
  connect,
  OUTSIDE,
  OUTSIDE_DIALLED,
  type OutsideWorld,
  OWNED,
  OWNED_TOO,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { accepted } from '../support/ringfence.ts'
import { assertHears } from '../support/tone-check.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('trunk-digest', 'A provider that registers us (TLS, digest, SRTP)', [
  'Kamailio is the provider: it challenges REGISTER and INVITE, and sends calls over the connection of the registration.',
  'The phone behind it is reached over UDP and by two Record-Route entries; its SRTP ends at ours, by keys of that leg (SDES).',
])

let world: OutsideWorld
let provider: Provider
let alice: TestPhone
let bob: TestPhone
let outside: TestPhone
const available = peerVersion('kamailio') !== undefined

before(async () => {
  if (!available) return
  world = await startOutsideWorld('trunk-digest')
  provider = await startProvider({ kind: 'tls-digest', address: '127.0.0.31', nonceSeconds: 3 })
  world.cleanUp.push(provider.stop)
  await world.addTrunk('provider', provider)
  alice = await world.phone('101')
  bob = await world.phone('102')
  outside = await phoneBehind(world, provider)
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  accepted(await world.operations.groupAdd({ number: '200', members: ['101', '102'] }))
  accepted(await world.operations.numberAdd({ e164: OWNED_TOO, target: 'group:200', anonymous: 'reject' }))
})

after(async () => {
  await world?.stop()
  report.write()
})

test('registers with digest over TLS', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'registers at it: TLS, certificate of a private authority, digest', async () => {
    const view = await world.trunkIs('provider', 'up')
    const registers = requestsOf(provider.seen(), 'REGISTER')
    assert.match(registers.at(-1)?.header('Authorization') ?? '', new RegExp(`username="${provider.username}"`))
    assert.ok(provider.seen().every(({ text }) => !text.includes(provider.password)))
    assert.match(view.live?.tls ?? '', /^TLSv1\.[23] /)
    return `works, ${view.live?.tls}`
  })
})

test('calls out: both hear each other, the provider learns who calls', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await report.row(KAMAILIO, 'a call out, tone both ways, own number in From and P-Asserted-Identity', async () => {
    const seen = provider.seen().length
    const since = Date.now()
    const { call, other } = await connect(alice, outside, OUTSIDE_DIALLED)
    const invite = requestsOf(provider.seen().slice(seen), 'INVITE').at(-1)!
    assert.match(invite.requestUriText, new RegExp(`^sip:\\${OUTSIDE}@`))
    assert.match(invite.header('From') ?? '', new RegExp(`sip:\\${OWNED}@${provider.domain}`))
    assert.match(invite.header('P-Asserted-Identity') ?? '', new RegExp(`sip:\\${OWNED}@`))
    assert.equal(invite.header('Privacy'), undefined)
    assert.match(invite.header('Proxy-Authorization') ?? '', new RegExp(`username="${provider.username}"`))
    assert.ok(other.suite !== undefined, 'SRTP')
    const ended = other.ended
    await call.hangup()
    assert.equal((await ended).by, 'them')
    const record = await world.lastCall(since)
    assert.equal(record.end?.cause, 'normal')
    assert.equal(record.legs.find(leg => leg.trunk === 'provider')?.signalling.protocol, 'TLS')
    return `works, ${other.suite}`
  })
  await report.row(KAMAILIO, 'a call out that withholds its number: From anonymous, Privacy: id', async () => {
    accepted(await world.operations.extensionCallingChange({ extension: '101', privacy: true }))
    const seen = provider.seen().length
    const { call, other } = await connect(alice, outside, OUTSIDE_DIALLED)
    accepted(await world.operations.extensionCallingChange({ extension: '101', privacy: false }))
    const invite = requestsOf(provider.seen().slice(seen), 'INVITE').at(-1)!
    assert.match(invite.header('From') ?? '', /sip:anonymous@anonymous\.invalid/)
    assert.equal(invite.header('Privacy'), 'id')
    assert.match(invite.header('P-Asserted-Identity') ?? '', new RegExp(`sip:\\${OWNED}@`))
    const ended = call.ended
    await other.hangup()
    assert.equal((await ended).by, 'them')
  })
  await report.row(KAMAILIO, 'busy, and hung up while it rings', async () => {
    outside.onIncoming(call => call.reject(486))
    const busySince = Date.now()
    const outcome = await alice.call(OUTSIDE_DIALLED).outcome
    assert.equal(outcome.ok ? 200 : outcome.status, 486)
    assert.equal((await world.lastCall(busySince)).end?.cause, 'busy')
    const incoming = outside.nextIncoming(8000)
    const cancelledSince = Date.now()
    const call = alice.call(OUTSIDE_DIALLED)
    const other = await incoming
    const ended = other.ended
    await call.hangup()
    await ended
    assert.equal((await world.lastCall(cancelledSince)).end?.cause, 'cancelled')
  })
  await world.quiet()
})

test('calls in: to a phone, to a group, not to numbers that are not ours', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await report.row(KAMAILIO, 'a call in to the phone of the number, tone both ways', async () => {
    await provider.callsLookLike({ asserted: `sip:${OUTSIDE}@${provider.domain}` })
    const since = Date.now()
    const { call, other } = await connect(outside, alice, OWNED)
    assert.match(other.remoteUri, new RegExp(`\\${OUTSIDE}@`))
    const ended = call.ended
    await other.hangup()
    assert.equal((await ended).by, 'them')
    const record = await world.lastCall(since)
    assert.equal(record.from, OUTSIDE)
    assert.equal(record.to, OWNED)
  })
  await report.row(KAMAILIO, 'a call in to a group: all ring, one answers, hold and resume', async () => {
    const other = alice.nextIncoming(10_000)
    const { call } = await connect(outside, bob, OWNED_TOO)
    const lost = await other
    assert.equal((await lost.ended).by, 'them')
    assert.equal(await call.hold(), 200)
    assert.equal(await call.resume(), 200)
    await assertHears('outside', call.measureTone, 1000)
    await call.hangup()
  })
  await report.row(KAMAILIO, 'a call in without a number, to a number that takes none of these: refused', async () => {
    const anonymous = { from: 'sip:anonymous@anonymous.invalid', name: 'Anonymous' }
    await provider.callsLookLike({ ...anonymous, asserted: `sip:${OUTSIDE}@${provider.domain}`, privacy: 'id' })
    const outcome = await outside.call(OWNED_TOO).outcome
    assert.equal(outcome.ok, false)
    await provider.callsLookLike({})
    return outcome.ok ? '' : `works (${outcome.status})`
  })
  await report.row(KAMAILIO, 'a call in to a number that is not ours: refused', async () => {
    const outcome = await outside.call('+493023125999').outcome
    assert.equal(outcome.ok ? 200 : outcome.status, 404)
  })
  await report.row(KAMAILIO, 'a call in that says it comes from a number of ours: an event', async () => {
    await provider.callsLookLike({
      from: `sip:${OWNED}@${provider.domain}`,
      asserted: `sip:${OWNED}@${provider.domain}`,
    })
    const call = outside.call(OWNED)
    const event = await world.waitForEvent('caller-identity.spoofed')
    assert.equal(event.trunk, 'provider')
    assert.equal(event.claimed, OWNED)
    await call.hangup()
    await provider.callsLookLike({})
  })
  await world.quiet()
})

test('a caller from outside is passed on', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await report.row(KAMAILIO, 'a call in is transferred blind to another phone, tone both ways', async () => {
    const { call, other } = await connect(outside, alice, OWNED)
    const incoming = bob.nextIncoming(8000)
    const transfer = other.transfer('102')
    const next = await incoming
    next.speak(600)
    await next.answer()
    assert.equal((await transfer).finalStatus, 200)
    await assertHears('outside', call.measureTone, 600)
    await assertHears('inside', next.measureTone, 440)
    await call.hangup()
  })
  await report.row(KAMAILIO, 'a call in is transferred after consultation, tone both ways', async () => {
    const { call, other } = await connect(outside, alice, OWNED)
    assert.equal(await other.hold(), 200)
    const { call: consultation, other: next } = await connect(alice, bob, '102')
    assert.equal((await other.transferTo(consultation)).finalStatus, 200)
    next.speak(600)
    await assertHears('outside', call.measureTone, 600)
    await assertHears('inside', next.measureTone, 440)
    await call.hangup()
  })
  await report.row(KAMAILIO, 'a call in is not transferred to an outside number: closed by default', async () => {
    const { call, other } = await connect(outside, alice, OWNED)
    const seen = provider.seen().length
    const { status, finalStatus } = await other.transfer(OUTSIDE_DIALLED)
    assert.ok(status >= 400 || (finalStatus ?? 500) >= 400, `${status}, ${finalStatus}`)
    assert.equal(requestsOf(provider.seen().slice(seen), 'INVITE').filter(({ toTag }) => toTag === undefined).length, 0)
    await call.hangup()
    return `works (${status >= 400 ? status : finalStatus})`
  })
  await report.row(KAMAILIO, 'forwarding to an outside number: refused by default', async () => {
    const change = { extension: '101', forwardAlways: `external:${OUTSIDE}` }
    const changed = await world.operations.extensionCallingChange(change)
    assert.equal(changed.ok, false)
    return `works, ${changed.error.code}`
  })
  await report.row(
    KAMAILIO,
    'forwarding to an outside number, once it is open; and no more when it is closed',
    async () => {
      const forwardAlways = `external:${OUTSIDE}`
      accepted(await world.operations.callingChange({ offNetForwarding: true }))
      accepted(await world.operations.extensionCallingChange({ extension: '101', forwardAlways }))
      const { call } = await connect(bob, outside, '101')
      await call.hangup()
      accepted(await world.operations.callingChange({ offNetForwarding: false }))
      const seen = provider.seen().length
      const incoming = alice.nextIncoming(8000)
      incoming.then(each => each.reject(486)).catch(() => {})
      const outcome = await bob.call('101').outcome
      accepted(await world.operations.extensionCallingChange({ extension: '101', forwardAlways: null }))
      assert.equal(outcome.ok, false)
      assert.equal(requestsOf(provider.seen().slice(seen), 'INVITE').length, 0)
      return `works (then ${outcome.ok ? '' : outcome.status})`
    },
  )
  await world.quiet()
})

test('habits of providers', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'numbers as written at home: 069… in the Request-URI', async () => {
    accepted(await world.operations.trunkChange({ name: 'provider', numberFormat: 'national' }))
    await world.trunkIs('provider', 'up')
    const seen = provider.seen().length
    const { call } = await connect(alice, outside, OUTSIDE_DIALLED)
    await call.hangup()
    accepted(await world.operations.trunkChange({ name: 'provider', numberFormat: '+e164' }))
    const invite = requestsOf(provider.seen().slice(seen), 'INVITE').at(-1)!
    assert.match(invite.requestUriText, new RegExp(`^sip:${OUTSIDE_DIALLED}@`))
  })
  await report.row(KAMAILIO, 'it calls the contact that we registered, the number stands in To only', async () => {
    const other = await startProvider({
      kind: 'tls-digest',
      address: '127.0.0.37',
      requestUri: 'contact',
      algorithm: 'SHA-256',
    })
    world.cleanUp.push(other.stop)
    await world.addTrunk('by-contact', other)
    await world.trunkIs('by-contact', 'up')
    const phone = await phoneBehind(world, other)
    const { call } = await connect(phone, alice, OWNED)
    await call.hangup()
    accepted(await world.operations.trunkRemove({ name: 'by-contact' }))
  })
  await world.quiet()
})

test('a real phone behind the provider, both directions', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio', 'baresip')) return
  await world.trunkIs('provider', 'up')
  await outside.unregister()
  const credentials = { ...provider.subscriber, ca: world.system.ready.ca }
  const phone = await startBaresip({ folder: world.system.data.path, name: 'outside', credentials, tone: 600 })
  try {
    await phone.registered()
    await report.row(
      `baresip ${peerVersion('baresip')}`,
      'is called through the provider, tone both ways',
      async () => {
        const seen = phone.events.length
        const call = alice.call(OUTSIDE_DIALLED, { speak: 440 })
        await phone.waitFor('CALL_INCOMING', 8000, seen)
        await phone.accept()
        assert.equal((await call.outcome).ok, true)
        await assertHears('inside', call.measureTone, 600)
        await assertHears('baresip', phone.measure, 440)
        const ended = call.ended
        await phone.hangup()
        assert.equal((await ended).by, 'them')
      },
    )
    await report.row(`baresip ${peerVersion('baresip')}`, 'calls in through the provider, tone both ways', async () => {
      const seen = phone.events.length
      const incoming = alice.nextIncoming(10_000)
      await phone.dial(OWNED)
      const call = await incoming
      call.speak(440)
      await call.answer()
      await phone.waitFor('CALL_ESTABLISHED', 8000, seen)
      await assertHears('inside', call.measureTone, 600)
      await assertHears('baresip', phone.measure, 440)
      await call.hangup()
      await phone.waitFor('CALL_CLOSED', 8000, seen)
    })
  } finally {
    await phone.stop()
    await outside.register()
  }
  await world.quiet()
})

test('the provider forgets us, changes its mind, and comes back', { timeout: 120_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await report.row(KAMAILIO, 'is restarted: registered again by itself, calls go out', async () => {
    await provider.halt()
    await world.trunkIs('provider', 'down', 60_000)
    await provider.restart()
    await world.trunkIs('provider', 'up', 60_000)
    await outside.register()
    const { call } = await connect(alice, outside, OUTSIDE_DIALLED)
    await call.hangup()
  })
  await world.quiet()
})

test('trunk test says what is wrong', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, '`trunk test`: registers, names TLS and certificate', async () => {
    const result = accepted(await world.operations.trunkTest({ name: 'provider' }))
    assert.equal(result.ok, true, JSON.stringify(result))
    return `works: ${result.steps.map(({ step }) => step).join(', ')}`
  })
  await report.row(KAMAILIO, '`trunk test` with a wrong password', async () => {
    await world.addTrunk('wrong', provider, { password: 'not the password', register: true })
    const result = accepted(await world.operations.trunkTest({ name: 'wrong' }))
    accepted(await world.operations.trunkRemove({ name: 'wrong' }))
    assert.equal(result.ok, false)
    return `told: ${result.steps.at(-1)?.detail}`
  })
  await report.row(KAMAILIO, '`trunk test` with a certificate for another name', async () => {
    const other = await startProvider({
      kind: 'tls-digest',
      address: '127.0.0.34',
      certificateNames: ['sip.other.example'],
    })
    world.cleanUp.push(other.stop)
    await world.addTrunk('other', other)
    const result = accepted(await world.operations.trunkTest({ name: 'other' }))
    accepted(await world.operations.trunkRemove({ name: 'other' }))
    assert.equal(result.ok, false)
    assert.equal(requestsOf(other.seen(), 'REGISTER').length, 0)
    return `told: ${result.steps.find(step => !step.ok)?.detail.replace(/ port \d+/, '')}`
  })
})

test('set up by commands alone', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(
    KAMAILIO,
    '`trunk add`, `trunk test`, `number add`, `dial`: then a call in and one out',
    async () => {
      const other = await startProvider({ kind: 'tls-digest', address: '127.0.0.38' })
      world.cleanUp.push(other.stop)
      const { system } = world
      const file = join(system.data.path, 'provider-password')
      writeFileSync(file, `${other.password}\n`, { mode: 0o600 })
      const place = ['--host', other.address, '--port', String(other.port), '--domain', other.domain, '--priority', '1']
      const proof = ['--register', '--username', other.username, '--password-file', file]
      await system.json('trunk', 'add', 'commanded', ...place, ...proof, '--certificate-authority', other.caFile)
      const tried = await system.json<{ ok: boolean }>('trunk', 'test', 'commanded')
      assert.equal(tried.ok, true, JSON.stringify(tried))
      await system.json('number', 'add', '+493023125102', '--to', 'extension:102')
      const dial = ['dial', OUTSIDE_DIALLED, '--from', '102', '--dry-run']
      const { e164, verdict, route } = await system.json<{ e164: string; verdict: string; route: string[] }>(...dial)
      assert.deepEqual({ e164, verdict, first: route[0] }, { e164: OUTSIDE, verdict: 'allowed', first: 'commanded' })
      await world.trunkIs('commanded', 'up')
      const phone = await phoneBehind(world, other)
      for (const [from, to, number] of [
        [phone, bob, '+493023125102'],
        [bob, phone, OUTSIDE_DIALLED],
      ] as const) {
        const { call } = await connect(from, to, number)
        await call.hangup()
      }
      await system.json('trunk', 'remove', 'commanded')
    },
  )
  await world.quiet()
})
