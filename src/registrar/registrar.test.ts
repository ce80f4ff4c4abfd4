import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { DeviceId, ExtensionId, NodeId, OrganisationId } from '../base/ids.ts'
import type { Device, DirectoryReader, Extension, Organisation } from '../directory/types.ts'
import { createEventBus } from '../events/bus.ts'
import type { EventOf, EventType, RingfenceEvent } from '../events/catalogue.ts'
import { answerChallenge } from '../sip/auth/answer.ts'
import { createAuthenticator } from '../sip/auth/authenticator.ts'
import { buildRequest } from '../sip/message/build.ts'
import { parseDate } from '../sip/message/date.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createRegistrar, type RegistrarOptions } from './registrar.ts'
import type { Binding, BindingRepository } from './types.ts'

const ORGANISATION: Organisation = { id: 'o1' as OrganisationId, name: 'Acme', domain: 'example.com', createdAt: 0 }
const OTHER: Organisation = { id: 'o2' as OrganisationId, name: 'Other', domain: 'example.net', createdAt: 0 }

function extension(number: string, organisation = ORGANISATION): Extension {
  const id = `e${number}` as ExtensionId
  const shape = { state: 'active', suspendedReason: undefined, createdAt: 0 } as const
  return { id, organisationId: organisation.id, number, name: number, ...shape }
}

function device(username: string, number: string, organisation = ORGANISATION): Device {
  const ha1 = (name: string): string =>
    createHash(name).update(`${username}:${organisation.domain}:pw-${username}`).digest('hex')
  return {
    id: `d-${username}` as DeviceId,
    organisationId: organisation.id,
    extensionId: `e${number}` as ExtensionId,
    username,
    label: username,
    secrets: { 'SHA-256': ha1('sha256'), MD5: ha1('md5') },
    certificateFingerprint: username === 'ann' ? 'abc' : undefined,
    allowInsecureImportedSecret: false,
    createdAt: 0,
  }
}

function directory(): DirectoryReader & { readonly devices: Device[] } {
  const extensions = [extension('101'), extension('102'), { ...extension('201', OTHER) }]
  const devices = [device('ann', '101'), device('ann2', '101'), device('bob', '102'), device('eve', '201', OTHER)]
  return {
    devices,
    organisationByDomain: domain => [ORGANISATION, OTHER].find(one => one.domain === domain),
    organisations: () => [ORGANISATION, OTHER],
    extension: id => extensions.find(one => one.id === id),
    extensionByNumber: (id, number) => extensions.find(one => one.organisationId === id && one.number === number),
    extensions: id => extensions.filter(one => one.organisationId === id),
    deviceByUsername: username => devices.find(one => one.username === username),
    device: id => devices.find(one => one.id === id),
    devicesOf: id => devices.filter(one => one.extensionId === id),
  }
}

class MemoryRepository implements BindingRepository {
  readonly stored = new Map<string, Binding>()
  failures = 0
  writes = 0
  #key(binding: Binding): string {
    return `${binding.deviceId} ${binding.contact} ${binding.instanceId} ${binding.regId}`
  }
  load = async (): Promise<readonly Binding[]> => [...this.stored.values()]
  save = async (bindings: readonly Binding[]): Promise<void> => {
    this.writes++
    if (this.failures-- > 0) throw new Error('store is away')
    for (const binding of bindings) this.stored.set(this.#key(binding), binding)
  }
  remove = async (bindings: readonly Binding[]): Promise<void> => {
    for (const binding of bindings) this.stored.delete(this.#key(binding))
  }
}

let flows = 0
function makeFlow(change: Partial<Flow> = {}): Flow {
  const listener = { protocol: 'TLS', address: '192.0.2.1', port: 5061, insecure: false } as const
  return {
    id: `flow-${++flows}`,
    protocol: 'TLS',
    localAddress: '192.0.2.1',
    localPort: 5061,
    remoteAddress: '198.51.100.7',
    remotePort: 40_000,
    secure: true,
    reliable: true,
    tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', clientCertificate: undefined },
    listener,
    open: true,
    ...change,
  }
}

const INSECURE: Partial<Flow> = {
  protocol: 'UDP',
  secure: false,
  reliable: false,
  tls: undefined,
  listener: { protocol: 'UDP', address: '192.0.2.1', port: 5060, insecure: true },
}

interface Ask {
  readonly user?: string
  readonly flow?: Flow
  readonly to?: string
  readonly from?: string
  readonly cseq?: number
  readonly callId?: string
  readonly password?: string
  readonly vias?: number
  readonly headers?: readonly (readonly [string, string])[]
  readonly authorize?: boolean
}

function setUp(change: Partial<RegistrarOptions> = {}) {
  const clock = new ManualClock()
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(event => void events.push(event))
  const repository = new MemoryRepository()
  const reader = directory()
  const authenticator = createAuthenticator({ clock, nonceKey: Buffer.alloc(32, 7) })
  const outcomes: string[] = []
  const options: RegistrarOptions = {
    clock,
    directory: reader,
    repository,
    authenticator,
    nodeId: 'n1' as NodeId,
    events: bus,
    onAuthentication: (outcome, username) => void outcomes.push(`${outcome} ${username}`),
    ...change,
  }
  const registrar = createRegistrar(options)
  const phone = makeFlow()
  let sequence = 0

  const exchange = (ask: Ask, authorization: string | undefined): SipResponse => {
    const user = ask.user ?? 'ann'
    const headers: [string, string][] = []
    for (let i = 0; i < (ask.vias ?? 1); i++) headers.push(['Via', `SIP/2.0/TLS 192.0.2.${i + 9};branch=z9hG4bK${i}`])
    headers.push(
      ['From', `<${ask.from ?? `sip:${user}@example.com`}>;tag=1`],
      ['To', `<${ask.to ?? `sip:${user}@example.com`}>`],
      ['Call-ID', ask.callId ?? 'call'],
      ['CSeq', `${ask.cseq ?? ++sequence} REGISTER`],
    )
    for (const [name, value] of ask.headers ?? []) headers.push([name, value])
    if (authorization !== undefined) headers.push(['Authorization', authorization])
    const request = buildRequest({ method: 'REGISTER', uri: 'sip:example.com', headers })
    let response: SipResponse | undefined
    const flow = ask.flow ?? phone
    registrar.onRegister(
      request,
      transaction(request, flow, answer => (response = answer)),
    )
    assert.ok(response !== undefined, 'answered at once')
    return response
  }
  const register = (ask: Ask = {}): SipResponse => {
    const challenged = exchange(ask, undefined)
    if (challenged.status !== 401 || ask.authorize === false) return challenged
    const user = ask.user ?? 'ann'
    const authorization = answerChallenge({
      challengeHeaders: challenged.headerValues('WWW-Authenticate'),
      username: user,
      password: ask.password ?? `pw-${user}`,
      method: 'REGISTER',
      uri: 'sip:example.com',
    })
    return exchange(ask, authorization)
  }
  const of = <T extends EventType>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> & RingfenceEvent => event.type === type)
  return { clock, events, of, repository, reader, registrar, register, phone, outcomes, options }
}

function transaction(request: SipRequest, flow: Flow, respond: (response: SipResponse) => void): ServerTransaction {
  const answer = (response: SipResponse): boolean => {
    respond(response)
    return true
  }
  return {
    id: 't',
    request,
    flow,
    answerable: true,
    respond: answer,
    respondOnce: answer,
    confirmed() {},
    abandon() {},
  }
}

const contact = (text: string): readonly [string, string] => ['Contact', text]
const CONTACT = contact('<sip:ann@198.51.100.7:40000;transport=tls>')
const EXTENSION = 'e101' as ExtensionId

test('a REGISTER without credentials is challenged: SHA-256 first, then MD5; known and unknown users alike', () => {
  const { register, of } = setUp()
  const known = register({ authorize: false, headers: [CONTACT] })
  const unknown = register({ authorize: false, user: 'nobody', headers: [CONTACT] })
  for (const response of [known, unknown]) {
    assert.equal(response.status, 401)
    const algorithms = response.headerValues('WWW-Authenticate').map(value => /algorithm=([^,]+)/.exec(value)?.[1])
    assert.deepEqual(algorithms, ['SHA-256', 'MD5'])
  }
  assert.equal(of('authentication.failed').length, 0)
})

test('on an insecure listener MD5 is offered, and nothing else', () => {
  const { register, of } = setUp()
  const flow = makeFlow(INSECURE)
  const response = register({ authorize: false, flow, headers: [CONTACT] })
  assert.deepEqual(
    response.headerValues('WWW-Authenticate').map(value => /algorithm=([^,]+)/.exec(value)?.[1]),
    ['MD5'],
  )
  assert.equal(register({ flow, headers: [CONTACT] }).status, 200)
  const accepted = of('registration.accepted')[0]!.data
  assert.deepEqual([accepted.authentication, accepted.weaker], ['MD5', true])
})

test('registered: 200 lists the bindings with their time left, and calls find the flow', () => {
  const { register, registrar, phone, of, clock } = setUp()
  const response = register({ headers: [CONTACT, ['Expires', '300'], ['User-Agent', 'Yealink SIP-T54W 96.86.0.80']] })
  assert.equal(response.status, 200)
  assert.deepEqual(response.headerValues('Contact'), ['<sip:ann@198.51.100.7:40000;transport=tls>;expires=300'])
  assert.equal(parseDate(response.header('Date')!), Math.floor(clock.now() / 1000) * 1000)
  assert.ok(response.toTag !== undefined)
  const [binding] = registrar.bindingsOf(EXTENSION)
  assert.equal(binding?.flowId, phone.id)
  assert.equal(registrar.isRegisteredFlow(phone.id), true)
  assert.equal(registrar.isRegisteredFlow(phone.id, 'd-bob' as DeviceId), false)
  assert.equal(registrar.deviceOfFlow(phone.id), 'd-ann')
  assert.equal(registrar.isRegisteredSource('198.51.100.7'), true)
  assert.equal(registrar.isRegisteredSourceOf('ann', '198.51.100.7'), true)
  assert.equal(registrar.isRegisteredSourceOf('bob', '198.51.100.7'), false)
  const accepted = of('registration.accepted')[0]!
  assert.deepEqual(
    [accepted.data.extension, accepted.data.refreshed, accepted.data.authentication],
    ['101', false, 'SHA-256'],
  )
  assert.equal(accepted.organisationId, 'o1')
})

test('wrong password, unknown user: a challenge again, an event, and the firewall hears of it', () => {
  const { register, of, outcomes } = setUp()
  assert.equal(register({ password: 'wrong', headers: [CONTACT] }).status, 401)
  assert.equal(register({ user: 'nobody', headers: [CONTACT] }).status, 401)
  assert.deepEqual(
    outcomes.filter(each => !/^(challenged|succeeded) /.test(each)),
    ['wrong-secret ann', 'unknown-user nobody'],
  )
  assert.deepEqual(
    of('authentication.failed').map(event => event.data.reason),
    ['wrong-secret', 'unknown-user'],
  )
})

test('To and From are the device itself, or its extension number', () => {
  const { register, of } = setUp()
  assert.equal(register({ to: 'sip:101@example.com', from: 'sip:101@example.com', headers: [CONTACT] }).status, 200)
  const foreign: readonly Ask[] = [
    { to: 'sip:102@example.com' },
    { to: 'sip:ann2@example.com' },
    { from: 'sip:bob@example.com' },
    { from: 'sip:ann@example.net' },
  ]
  for (const ask of foreign) assert.equal(register({ ...ask, headers: [CONTACT] }).status, 403, JSON.stringify(ask))
  assert.equal(of('registration.refused')[0]?.data.sipCode, 403)
  assert.equal(register({ to: 'sip:ann@unknown.example', headers: [CONTACT] }).status, 404)
  assert.equal(register({ to: 'isbn:2983792873', headers: [CONTACT] }).status, 400, 'RFC 4475 §3.3.4')
})

test('a device of another organisation is nobody here', () => {
  const { register } = setUp()
  assert.equal(register({ user: 'eve', to: 'sip:eve@example.com', headers: [CONTACT] }).status, 401)
})

test('a trusted certificate with the fingerprint of the device stands in for the digest', () => {
  const { register, of } = setUp()
  const certificate = (fingerprint: string, trusted: boolean): Flow => {
    const clientCertificate = { subject: '', fingerprint, serialNumber: '1', trusted, subjectAlternativeNames: [] }
    return makeFlow({ tls: { protocol: 'TLSv1.3', cipher: 'x', clientCertificate } })
  }
  const ask = { authorize: false, headers: [CONTACT] }
  assert.equal(register({ ...ask, flow: certificate('abc', true) }).status, 200)
  assert.equal(of('registration.accepted')[0]!.data.authentication, 'certificate')
  assert.equal(register({ ...ask, to: 'sip:101@example.com', flow: certificate('abc', true) }).status, 200)
  assert.equal(register({ ...ask, flow: certificate('abc', false) }).status, 401)
  assert.equal(register({ ...ask, flow: certificate('xyz', true) }).status, 401)
  assert.equal(register({ ...ask, user: 'bob', flow: certificate('abc', true) }).status, 401)
})

test('expiry: default, minimum with 423, maximum, the contact before the header', () => {
  const { register } = setUp()
  const expires = (headers: readonly (readonly [string, string])[]): string | undefined =>
    /expires=(\d+)/.exec(register({ headers }).header('Contact') ?? '')?.[1]
  assert.equal(expires([CONTACT]), '600')
  assert.equal(expires([CONTACT, ['Expires', '86400']]), '3600')
  assert.equal(expires([contact(`${CONTACT[1]};expires=120`), ['Expires', '3000']]), '120')
  assert.equal(expires([CONTACT, ['Expires', 'nonsense']]), '3600', '§10.2.1.1')
  assert.equal(expires([contact(`${CONTACT[1]};expires=280297596632815`)]), '3600', 'RFC 4475 §3.1.2.4')
  const brief = register({ headers: [CONTACT, ['Expires', '59']] })
  assert.equal(brief.status, 423)
  assert.equal(brief.header('Min-Expires'), '60')
})

test('a binding expires by itself, once, with an event, and leaves the store', async () => {
  const { register, registrar, clock, of, repository } = setUp()
  await registrar.start()
  register({ headers: [CONTACT, ['Expires', '60']] })
  clock.advance(30_000)
  register({ headers: [CONTACT, ['Expires', '60']] })
  clock.advance(59_000)
  assert.equal(registrar.bindingsOf(EXTENSION).length, 1)
  clock.advance(2_000)
  assert.equal(registrar.bindingsOf(EXTENSION).length, 0)
  assert.equal(registrar.count, 0)
  assert.equal(of('registration.expired').length, 1)
  assert.equal(registrar.isRegisteredSource('198.51.100.7'), false)
  assert.equal(registrar.wasRegisteredSource('198.51.100.7'), true)
  clock.advance(24 * 3600_000)
  assert.equal(registrar.wasRegisteredSource('198.51.100.7'), false)
  await registrar.stop()
  assert.equal(repository.stored.size, 0)
  assert.equal(clock.pendingCount, 0)
})

test('fetch: a REGISTER without Contact lists, and changes nothing', () => {
  const { register, registrar } = setUp()
  assert.deepEqual(register().headerValues('Contact'), [])
  register({ headers: [CONTACT] })
  assert.equal(register().headerValues('Contact').length, 1)
  assert.equal(registrar.count, 1)
})

test('fetch: headers that a phone escaped into its contact are its to read back (RFC 4475 §3.3.14)', () => {
  const { register, registrar } = setUp()
  const escaped = '<sip:ann@198.51.100.7:40000?Route=%3Csip:sip.example.com%3E>'
  register({ headers: [contact(escaped)] })
  assert.ok(register().header('Contact')!.startsWith(`${escaped};expires=`))
  register({ headers: [contact(`${escaped};expires=0`)] })
  assert.equal(registrar.count, 0)
})

test('de-registration: one contact, or all with * and Expires 0 only', () => {
  const { register, registrar, of } = setUp()
  const two = contact('<sip:ann@198.51.100.7:40001>')
  register({ headers: [CONTACT, two] })
  assert.equal(registrar.count, 2)
  assert.equal(register({ headers: [contact(`${CONTACT[1]};expires=0`)] }).headerValues('Contact').length, 1)
  assert.equal(register({ headers: [contact('*')] }).status, 400)
  assert.equal(register({ headers: [contact('*'), ['Expires', '60']] }).status, 400)
  assert.equal(registrar.count, 1)
  assert.equal(register({ headers: [contact('*'), ['Expires', '0']] }).status, 200)
  assert.equal(registrar.count, 0)
  assert.equal(of('registration.removed').length, 2)
})

test('§10.3 step 7: an older request of the same Call-ID changes nothing at all', () => {
  const { register, registrar } = setUp()
  const two = contact('<sip:ann@198.51.100.7:40001>')
  register({ cseq: 10, headers: [CONTACT] })
  assert.equal(register({ cseq: 10, headers: [two, contact(`${CONTACT[1]};expires=0`)] }).status, 500)
  assert.equal(register({ cseq: 9, headers: [contact('*'), ['Expires', '0']] }).status, 500)
  assert.equal(registrar.count, 1)
  assert.equal(register({ cseq: 1, callId: 'rebooted', headers: [CONTACT] }).status, 200)
  assert.equal(registrar.count, 1)
})

test('contacts are compared as §19.1.4 says', () => {
  const { register, registrar } = setUp()
  register({ headers: [contact('<sip:ann@Host.example;transport=tls>')] })
  register({ headers: [contact('<sip:%61nn@host.EXAMPLE;Transport=TLS;x=1>')] })
  assert.equal(registrar.count, 1)
  register({ headers: [contact('<sip:ANN@host.example;transport=tls>')] })
  assert.equal(registrar.count, 2)
})

test('bindings are bounded for a device, where the oldest makes room, and in all, where 503 is the answer', () => {
  const { register, registrar, of, clock } = setUp({ limits: { bindingsPerDevice: 3, maximumBindings: 4 } })
  for (let i = 1; i <= 5; i++) {
    register({ headers: [contact(`<sip:ann@198.51.100.7:${i}>`)] })
    clock.advance(1)
  }
  assert.deepEqual(
    registrar.bindingsOf(EXTENSION).map(binding => binding.contact.slice(-1)),
    ['5', '4', '3'],
  )
  assert.equal(of('registration.removed').length, 2)
  assert.equal(register({ headers: [1, 2, 3, 4].map(i => contact(`<sip:ann@192.0.2.1:${i}>`)) }).status, 400)
  assert.equal(register({ user: 'bob', headers: [contact('<sip:bob@192.0.2.1>')] }).status, 200)
  const full = register({ user: 'ann2', headers: [contact('<sip:ann2@192.0.2.1>')] })
  assert.equal(full.status, 503)
  assert.ok(Number(full.header('Retry-After')) > 0)
})

test('Require: what is not known is refused with 420', () => {
  const { register } = setUp()
  const response = register({ headers: [CONTACT, ['Require', 'path, gruu, nothing']] })
  assert.equal(response.status, 420)
  assert.equal(response.header('Unsupported'), 'gruu, nothing')
})

test('Path: kept, and echoed where the phone supports it (RFC 3327 §5.3)', () => {
  const { register, registrar } = setUp()
  const path = ['Path', '<sip:edge1.example.com;lr>, <sip:edge2.example.com;lr>'] as const
  const silent = register({ headers: [CONTACT, path] })
  assert.deepEqual([silent.status, silent.header('Path')], [200, undefined])
  assert.equal(registrar.bindingsOf(EXTENSION)[0]?.path.length, 2)
  const accepted = register({ headers: [CONTACT, path, ['Supported', 'path']] })
  assert.deepEqual(accepted.headerValues('Path'), ['<sip:edge1.example.com;lr>', '<sip:edge2.example.com;lr>'])
  assert.equal(registrar.bindingsOf(EXTENSION)[0]?.path.length, 2)
})

const outbound = (regId: number, port = 40_000): readonly (readonly [string, string])[] => [
  contact(`<sip:ann@198.51.100.7:${port}>;reg-id=${regId};+sip.instance="<urn:uuid:0-1>"`),
  ['Supported', 'path, outbound'],
]

test('RFC 5626: a new flow of the same instance and reg-id replaces the old one', () => {
  const { register, registrar } = setUp()
  const response = register({ headers: outbound(1) })
  assert.equal(response.header('Require'), 'outbound')
  assert.equal(response.header('Flow-Timer'), '120')
  assert.match(response.header('Contact')!, /;\+sip\.instance="<urn:uuid:0-1>";reg-id=1/)
  const again = makeFlow()
  register({ callId: 'rebooted', flow: again, headers: outbound(1, 50_000) })
  assert.equal(registrar.count, 1)
  assert.equal(registrar.bindingsOf(EXTENSION)[0]?.flowId, again.id)
})

test('RFC 5626: two flows of one instance are two bindings and one destination', () => {
  const { register, registrar, clock } = setUp()
  register({ headers: outbound(1) })
  clock.advance(1_000)
  const second = makeFlow()
  register({ callId: 'two', flow: second, headers: outbound(2, 50_000) })
  assert.equal(registrar.count, 2)
  assert.deepEqual(
    registrar.bindingsOf(EXTENSION).map(binding => binding.regId),
    [2],
  )
  registrar.flowClosed(second)
  assert.deepEqual(
    registrar.bindingsOf(EXTENSION).map(binding => binding.regId),
    [1],
  )
})

test('RFC 5626 §6: 439 where the first hop does not keep flows', () => {
  const { register } = setUp()
  assert.equal(register({ vias: 2, headers: outbound(1) }).status, 439)
  const plain = ['Path', '<sip:edge.example.com;lr>'] as const
  assert.equal(register({ vias: 2, headers: [...outbound(1), plain] }).status, 439)
  const keeps = ['Path', '<sip:flow@edge.example.com;lr;ob>'] as const
  assert.equal(register({ vias: 2, headers: [...outbound(1), keeps] }).status, 200)
})

test('reg-id without Supported: outbound is an ordinary registration', () => {
  const { register, registrar } = setUp()
  const response = register({ headers: [outbound(1)[0]!] })
  assert.equal(response.header('Require'), undefined)
  assert.equal(registrar.bindingsOf(EXTENSION)[0]?.regId, undefined)
})

test('several devices of an extension ring; the better q first', () => {
  const { register, registrar } = setUp()
  register({ user: 'ann', headers: [contact('<sip:ann@192.0.2.1>;q=0.5')] })
  register({ user: 'ann2', callId: 'b', flow: makeFlow(), headers: [contact('<sip:ann2@192.0.2.2>;q=0.7')] })
  assert.deepEqual(
    registrar.bindingsOf(EXTENSION).map(binding => binding.q),
    [700, 500],
  )
})

test('a closed flow takes its bindings with it; a stopping server does not', async () => {
  const { register, registrar, phone, of, repository } = setUp()
  await registrar.start()
  register({ headers: [CONTACT] })
  registrar.flowClosed(phone, 'stopped')
  assert.equal(registrar.count, 1)
  registrar.flowClosed(phone, 'peer-closed')
  assert.equal(registrar.count, 0)
  assert.equal(of('registration.flow-lost')[0]?.data.reason, 'peer-closed')
  register({ headers: [CONTACT] })
  await registrar.stop()
  registrar.flowClosed(phone)
  assert.equal(repository.stored.size, 1)
})

test('after a restart the bindings are known and not reachable, until the phone registers again', async () => {
  const first = setUp()
  await first.registrar.start()
  first.register({ headers: [CONTACT] })
  await first.registrar.stop()
  const second = setUp({ repository: first.repository })
  await second.registrar.start()
  assert.equal(second.registrar.count, 1)
  assert.deepEqual(second.registrar.bindingsOf(EXTENSION), [])
  assert.equal(second.registrar.isRegisteredSource('198.51.100.7'), false)
  assert.equal(second.registrar.wasRegisteredSource('198.51.100.7'), true)
  assert.equal(second.register({ cseq: 50, headers: [CONTACT] }).headerValues('Contact').length, 1)
  assert.equal(second.registrar.bindingsOf(EXTENSION).length, 1)
  assert.equal(second.registrar.count, 1)
  await second.registrar.stop()
})

test('an answer never waits for the store: writes are grouped, and tried again', async () => {
  const { register, registrar, repository, clock } = setUp()
  await registrar.start()
  repository.failures = 1
  for (let i = 0; i < 3; i++) assert.equal(register({ headers: [CONTACT] }).status, 200)
  assert.equal(repository.writes, 0)
  clock.advance(250)
  await settle()
  assert.deepEqual([repository.writes, repository.stored.size], [1, 0])
  clock.advance(1_000)
  await settle()
  assert.deepEqual([repository.writes, repository.stored.size], [2, 1])
  await registrar.stop()
})

test('a refresh is written at leisure; what is new or gone at once; what came and went, not at all', async () => {
  const { register, registrar, repository, clock } = setUp()
  await registrar.start()
  const later = async (milliseconds: number): Promise<readonly number[]> => {
    clock.advance(milliseconds)
    await settle()
    return [repository.writes, repository.stored.size]
  }
  register({ headers: [CONTACT] })
  assert.deepEqual(await later(250), [1, 1])
  for (let i = 0; i < 5; i++) {
    register({ headers: [CONTACT] })
    assert.deepEqual(await later(1_000), [1, 1])
  }
  assert.deepEqual(await later(10_000), [2, 1])
  register({ headers: [CONTACT] })
  register({ headers: [contact('<sip:ann@198.51.100.7:40000;transport=tls>;expires=0')] })
  assert.equal(registrar.count, 0)
  assert.deepEqual(await later(250), [2, 0])
  assert.deepEqual(await later(20_000), [2, 0])
  register({ headers: [CONTACT] })
  register({ headers: [contact('<sip:ann@198.51.100.7:40000;transport=tls>;expires=0')] })
  assert.deepEqual(await later(20_000), [2, 0])
  register({ headers: [CONTACT] })
  register({ headers: [CONTACT] })
  await registrar.stop()
  assert.equal(repository.stored.size, 1)
})

/** Lets the promises of the fake store settle. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('a refresh that changes nothing is no event; one from another flow is', () => {
  const { register, of } = setUp()
  register({ headers: [CONTACT] })
  register({ headers: [CONTACT] })
  assert.equal(of('registration.accepted').length, 1)
  register({ flow: makeFlow(), headers: [CONTACT] })
  assert.equal(of('registration.accepted').length, 2)
  assert.equal(of('registration.accepted')[1]!.data.refreshed, true)
})

test('a removed device is forgotten', () => {
  const { register, registrar, reader } = setUp()
  register({ headers: [CONTACT] })
  reader.devices.splice(0, 1)
  assert.deepEqual(registrar.bindingsOf(EXTENSION), [])
  registrar.forgetDevice('d-ann' as DeviceId)
  assert.equal(registrar.count, 0)
})

test('one flow of a proxy carries many devices and names none of them', () => {
  const { register, registrar, phone } = setUp()
  register({ headers: [CONTACT] })
  register({ user: 'bob', headers: [contact('<sip:bob@192.0.2.1>')] })
  assert.equal(registrar.deviceOfFlow(phone.id), undefined)
  assert.equal(registrar.isRegisteredFlow(phone.id, 'd-bob' as DeviceId), true)
})
