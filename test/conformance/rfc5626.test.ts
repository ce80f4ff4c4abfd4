/** Connections that clients begin (RFC 5626): flows, registrations over several of them, keep-alives; against the running server. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { buildRequest, type HeaderPair } from '../../src/sip/message/build.ts'
import { prependHeader } from '../../src/sip/message/change.ts'
import type { SipResponse } from '../../src/sip/message/types.ts'
import { cancelled, established, hangUp, startRinging } from '../support/early-calls.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually } from '../support/places.ts'
import type { ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireProtocol, type WireWorld, WITH_UDP } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc5626', arguments: WITH_UDP })
  alice = await world.phone('101')
})
after(() => world?.stop())

const OUTBOUND: HeaderPair = ['Supported', 'path, outbound']
const INSTANCE = '"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'

function contact(
  phone: ScriptedPhone,
  parameters = `;+sip.instance=${INSTANCE};reg-id=1`,
  uri = phone.contactUri,
): string {
  return `<${uri}>${parameters};expires=3600`
}

/** A connection of a device that registers a flow over it. */
async function flow(number: string, credentials: PhoneCredentials, regId = 1, protocol: WireProtocol = 'TLS') {
  const phone = await world.phone(number, { credentials, protocol, registered: false })
  const parameters = `;+sip.instance=${INSTANCE};reg-id=${regId}`
  const response = await phone.register(contact(phone, parameters), [OUTBOUND])
  return { phone, response }
}

async function breakFlow(phone: ScriptedPhone): Promise<void> {
  world.closeFlow(phone.flow)
  await world.wireOf(phone.flow).closed
  await world.settle()
}

conformance(
  'RFC 5626 §6',
  'REGISTER with +sip.instance, reg-id and Supported: outbound',
  '200 with Require: outbound; the Contact has both',
  async () => {
    const { response } = await flow('201', await world.device('201'))
    assert.ok(response.headerValues('Require').includes('outbound'))
    assert.match(response.header('Contact')!, /;reg-id=1\b/)
    assert.ok(response.header('Contact')!.toLowerCase().includes(`+sip.instance=${INSTANCE}`.toLowerCase()))
  },
)

conformance(
  'RFC 5626 §4.4.1',
  'Flow-Timer in the 200',
  'tells how often the client has to send keep-alives',
  async () => {
    const { response } = await flow('202', await world.device('202'))
    assert.equal(response.header('Flow-Timer'), '120')
    return '120 s'
  },
)

for (const [what, parameters, headers] of [
  ['without Supported: outbound', `;+sip.instance=${INSTANCE};reg-id=1`, []],
  ['with reg-id and no +sip.instance', ';reg-id=1', [OUTBOUND]],
] as const) {
  conformance('RFC 5626 §6', `REGISTER ${what}`, 'an ordinary registration: reg-id is ignored', async () => {
    const phone = await world.phone('203', { registered: false })
    const response = await phone.register(contact(phone, parameters), headers)
    assert.equal(response.header('Require'), undefined)
    assert.doesNotMatch(response.header('Contact')!, /reg-id/)
  })
}

conformance('RFC 5626 §6', 'two Contacts with reg-id in one REGISTER', '400', async () => {
  const phone = await world.phone('204', { registered: false })
  const second = contact(phone, `;+sip.instance=${INSTANCE};reg-id=2`, phone.contactUri.replace('sip:', 'sip:x'))
  await phone.tryRegister(`${contact(phone)}, ${second}`, [OUTBOUND])
  await phone.expectResponse(400)
})

conformance('RFC 5626 §6', 'the same instance and reg-id over a new flow', 'replaces the old one', async () => {
  const device = await world.device('205')
  const first = await flow('205', device)
  const second = await flow('205', device)
  assert.equal(second.response.headerValues('Contact').length, 1)
  const call = await startRinging(alice, second.phone, '205')
  call.ring.respond(180)
  await alice.expectResponse(180)
  await first.phone.expectSilence()
  await cancelled(call)
})

conformance(
  'RFC 5626 §7',
  'a second flow of the same instance',
  'both are kept; a request takes one of them',
  async () => {
    const device = await world.device('206')
    const first = await flow('206', device, 1)
    const second = await flow('206', device, 2)
    assert.equal(second.response.headerValues('Contact').length, 2)
    const call = await startRinging(alice, second.phone, '206')
    call.ring.respond(180)
    await alice.expectResponse(180)
    await first.phone.expectSilence()
    await cancelled(call)
    return 'both are listed; a call rings over the newest alone'
  },
)

conformance('RFC 5626 §7', 'one of two flows fails', 'requests go over the other', async () => {
  const device = await world.device('207')
  const first = await flow('207', device, 1)
  const second = await flow('207', device, 2)
  await breakFlow(second.phone)
  const { caller, callee } = await established(alice, first.phone, '207')
  await hangUp(caller, callee)
})

conformance('RFC 5626 §7', 'the only flow has failed', 'no new connection is made: 430 or its like', async () => {
  const { phone } = await flow('208', await world.device('208'))
  await breakFlow(phone)
  const invite = await alice.call('208')
  await invite.refused(480)
  return '480 to the caller: who is not connected cannot be reached'
})

conformance(
  'RFC 5626 §4.5',
  'the client comes back over a new connection',
  'its registration replaces that of the flow that failed',
  async () => {
    const device = await world.device('209')
    const first = await flow('209', device)
    await breakFlow(first.phone)
    const second = await flow('209', device)
    assert.equal(second.response.headerValues('Contact').length, 1)
    const { caller, callee } = await established(alice, second.phone, '209')
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 5626 §7',
  'a flow fails within a call, and the client is back',
  'requests within the dialog take the new flow',
  async () => {
    const device = await world.device('210')
    const first = await flow('210', device)
    const { caller } = await established(alice, first.phone, '210')
    await breakFlow(first.phone)
    const second = await flow('210', device)
    await caller.hangUp()
    const bye = await second.phone.expectRequest('BYE')
    second.phone.respond(bye, 200, '')
  },
)

conformance(
  'RFC 5626 §7',
  'a Contact that leads nowhere',
  'requests take the flow, not the address of the Contact',
  async () => {
    const phone = await world.phone('211', { registered: false })
    await phone.register(contact(phone, undefined, 'sip:hidden@192.0.2.77:5999;transport=tls'), [OUTBOUND])
    const call = await startRinging(alice, phone, '211')
    assert.equal(call.ring.request.requestUriText, 'sip:hidden@192.0.2.77:5999;transport=tls')
    call.ring.respond(180)
    await alice.expectResponse(180)
    await cancelled(call)
  },
)

/** A REGISTER that came by a proxy: with its Via under the phone's, and perhaps its Path. */
async function throughProxy(number: string, path: string | undefined): Promise<SipResponse> {
  const phone = await world.phone(number, { registered: false })
  const { domain } = phone.account.organisation
  const callId = `proxied-${phone.username}`
  const send = (sequence: number, more: readonly HeaderPair[]): void => {
    const headers: HeaderPair[] = [
      ['Max-Forwards', '69'],
      ['From', `<sip:${phone.username}@${domain}>;tag=1`],
      ['To', `<sip:${phone.username}@${domain}>`],
      ['Call-ID', callId],
      ['CSeq', `${sequence} REGISTER`],
      ['Contact', contact(phone)],
      OUTBOUND,
      ...(path === undefined ? [] : [['Path', path] as const]),
      ...more,
    ]
    const request = buildRequest({ method: 'REGISTER', uri: `sip:${domain}`, headers })
    phone.sendRequest(prependHeader(request, 'Via', `SIP/2.0/TLS 198.51.100.9:5061;branch=z9hG4bKdown${sequence}`))
  }
  send(1, [])
  const challenge = await phone.expectResponse(401)
  send(2, [phone.authorization(challenge, 'REGISTER', `sip:${domain}`)])
  return (await phone.expectAny()) as SipResponse
}

conformance(
  'RFC 5626 §6',
  'by way of a proxy without Path, or without ;ob',
  '439 First Hop Lacks Outbound Support',
  async () => {
    assert.equal((await throughProxy('212', undefined)).status, 439)
    assert.equal((await throughProxy('212', '<sip:edge.example.com;lr>')).status, 439)
  },
)

conformance('RFC 5626 §6', 'by way of an edge proxy with ;ob in its Path', '200 with Require: outbound', async () => {
  const response = await throughProxy('213', '<sip:token@edge.example.com;lr;ob>')
  assert.equal(response.status, 200)
  assert.ok(response.headerValues('Require').includes('outbound'))
  assert.match(response.header('Path')!, /;ob/)
})

for (const protocol of ['TLS', 'WSS'] as const) {
  conformance('RFC 5626 §4.4.1', `CRLFCRLF over ${protocol}`, 'CRLF', async () => {
    const phone = await world.phone('214', { protocol })
    const wire = world.wireOf(phone.flow)
    for (let pings = 1; pings <= 3; pings++) {
      wire.write(Buffer.from('\r\n\r\n'))
      await eventually(() => wire.pongs === pings, 10_000, 'a pong')
    }
    await phone.expectSilence()
  })
}

conformance('RFC 5626 §4.4.1', 'one CRLF over TLS', 'is no ping, and no message either', async () => {
  const phone = await world.phone('214')
  const wire = world.wireOf(phone.flow)
  wire.write(Buffer.from('\r\n'))
  await world.settle()
  assert.equal(wire.pongs, 0)
  await phone.register()
  return 'it is skipped before the next message'
})

conformance(
  'RFC 5626 §4.4.2',
  'a STUN binding request over a registered UDP flow',
  'a binding response with XOR-MAPPED-ADDRESS',
  async () => {
    const phone = await world.phone('215', { protocol: 'UDP' })
    const wire = world.wireOf(phone.flow)
    const request = Buffer.from('000100002112a442000102030405060708090a0b', 'hex')
    wire.write(request)
    await eventually(() => wire.pongs === 1, 10_000, 'a binding response')
    const response = wire.pong!
    assert.equal(response.readUInt16BE(0), 0x0101)
    assert.deepEqual(response.subarray(4, 20), request.subarray(4))
    assert.equal(response.readUInt16BE(20), 0x0020)
    assert.equal(response.readUInt16BE(26) ^ 0x2112, wire.localPort)
    await phone.register()
  },
)
