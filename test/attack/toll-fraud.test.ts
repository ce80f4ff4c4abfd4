/** A stolen credential, twenty channels at two a minute, at night: real calls through the running product, over each way in. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import type { RateInput } from '../../src/api/fraud-operations.ts'
import type { EventType, RingfenceEvent } from '../../src/events/catalogue.ts'
import type { OutboundProxy } from '../../src/test-phone/options.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { eventually } from '../support/places.ts'
import { decentAnswer, type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { proxyOf, testPhoneFor } from '../support/test-phones.ts'

const CHANNELS = 20
/** Under two a minute: a call has cost two as soon as it is answered. */
const LIMIT = 5
const FAR = '1000000'

let system: Ringfence
let operations: Operations
let peer: HostilePeer
let extension = 200
const phones: TestPhone[] = []

before(async () => {
  system = await startRingfence({ name: 'toll-fraud', arguments: ['--listen', '::1'] })
  operations = await system.operations()
  peer = await startHostilePeer('TLS', '127.0.0.47')
  const { address: host, port, caPem: certificateAuthority = null } = peer
  const trunk = { name: 'far', host, port, certificateAuthority, sources: [`${host}/32`], maximumCalls: 100 }
  accepted(
    await operations.trunkAdd({ ...trunk, callsPerSecond: 100, username: 'account', password: 'of-the-account' }),
  )
  await eventually(
    async () => accepted(await operations.trunkShow({ name: 'far' })).live?.health === 'up' || undefined,
    20_000,
    'the trunk is up',
  )
  peer.play({
    INVITE(invite) {
      peer.answer(invite, 200, { body: decentAnswer(invite, peer.address) })
    },
  })
  await importDeck()
})

after(async () => {
  for (const phone of phones) await phone.stop()
  await peer?.stop()
  await system?.stop()
})

async function importDeck(): Promise<void> {
  const rate = (prefix: string, perMinute: number): RateInput => ({
    prefix,
    name: prefix,
    perMinute,
    connectionFee: 0,
    minimumSeconds: 0,
    incrementSeconds: 60,
    validFrom: null,
  })
  const { upload } = accepted(await operations.deckBegin({ name: 'a provider', currency: 'EUR' }))
  accepted(await operations.deckAppend({ upload, rates: [rate('49', 20_000), rate('370', 2_000_000)] }))
  accepted(await operations.deckCommit({ upload }))
}

/** Three in the morning is a holiday, for a test that runs at any time. */
async function night(isNight: boolean): Promise<void> {
  const days = [-1, 0, 1].map(day => new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10))
  const schedule = { timeZone: 'UTC', holidays: isNight ? days : [] }
  accepted(await operations.callingChange({ country: 'DE', openCountries: ['DE', 'LT'], ...schedule }))
}

async function caps(extensionDay: string): Promise<void> {
  const all = { call: FAR, organisationDay: FAR, organisationMonth: FAR, riskyDay: FAR, extensionDay }
  accepted(await operations.budgetChange(all))
}

async function rules(mode: 'on' | 'dry-run', only?: readonly string[]): Promise<void> {
  for (const { id } of accepted(await operations.fraudRules())) {
    if (only === undefined || only.includes(id)) accepted(await operations.fraudRuleChange({ id, mode }))
  }
}

const WAYS: readonly (readonly [name: string, proxy: (tls: OutboundProxy) => OutboundProxy])[] = [
  ['TLS', tls => tls],
  ['WSS', () => ({ address: '127.0.0.1', port: portOf('WSS', '127.0.0.1'), transport: 'wss' })],
  ['TLS over IPv6', () => ({ address: '::1', port: portOf('TLS', '::1'), transport: 'tls' })],
]

function portOf(transport: string, address: string): number {
  const found = system.ready.listeners.find(each => each.transport === transport && each.address === address)
  assert.ok(found, `${transport} on ${address}: ${JSON.stringify(system.ready.listeners)}`)
  return found.port
}

interface Attack {
  readonly extension: string
  readonly answered: number
  readonly refused: number
  /** From the first call that was refused to the suspension, as the log has it. */
  readonly suspendedAfterMs: number | undefined
}

/** The thief has the credentials and nothing else. */
async function attack(way: (typeof WAYS)[number]): Promise<Attack> {
  const number = String(extension++)
  const credentials = await system.addPhone(number)
  const phone = testPhoneFor(credentials, system.caPem, {
    outboundProxy: way[1](proxyOf(credentials.outboundProxy)),
    userAgent: 'pplsip',
    audio: false,
  })
  phones.push(phone)
  assert.ok((await phone.register()).ok)
  const since = Date.now()
  const calls = Array.from({ length: CHANNELS }, (_, index) => phone.call(`+37060000${100 + index * 37}`))
  const outcomes = await Promise.all(calls.map(call => call.outcome))
  const refused = (await events('call.refused', since)).filter(each => each.data.from === number)
  const isSuspended = async () =>
    (await events('directory.extension-suspended', since)).find(each => each.data.extension === number)
  const suspended = await eventually(isSuspended, 6_000, 'it is suspended').catch(() => undefined)
  return {
    extension: number,
    answered: outcomes.filter(each => each.ok).length,
    refused: outcomes.filter(each => !each.ok).length,
    suspendedAfterMs: suspended === undefined ? undefined : suspended.at - Math.min(...refused.map(each => each.at)),
  }
}

type Of<T extends EventType> = Extract<RingfenceEvent, { type: T }>

async function events<T extends EventType>(type: T, since: number): Promise<readonly Of<T>[]> {
  const logged = accepted(await operations.events({ types: [type], limit: 500 }))
  return logged.map(({ event }) => event as Of<T>).filter(each => each.at >= since)
}

/** What the provider bills: the log and the budgets say the same. */
async function costOf({ extension: number, answered }: Attack): Promise<number> {
  const charged = async (): Promise<number | undefined> => {
    const told = (await events('fraud.charged', 0)).filter(({ data }) => data.payer === number && Number(data.cost) > 0)
    const sum = told.reduce((total, each) => total + Number(each.data.cost), 0)
    const { lines } = accepted(await operations.budgetShow({ extension: number }))
    const line = lines.find(each => each.payer === number)
    const isSettled = told.length === answered && Number(line?.charged) >= sum
    return isSettled && accepted(await operations.status()).liveCalls === 0 ? sum : undefined
  }
  const settled = async (): Promise<{ readonly sum: number } | undefined> => {
    const sum = await charged()
    return sum === undefined ? undefined : { sum }
  }
  return (await eventually(settled, 15_000, 'all is charged')).sum
}

async function stateOf(number: string): Promise<string | undefined> {
  return accepted(await operations.extensionList()).find(each => each.number === number)?.state
}

for (const way of WAYS) {
  test(`at night, over ${way[0]}, with caps out of reach: under ${LIMIT}, suspended within five seconds`, async () => {
    await night(true)
    await caps(FAR)
    await rules('on')
    const done = await attack(way)
    assert.equal(done.refused, CHANNELS - done.answered)
    assert.ok(done.suspendedAfterMs !== undefined && done.suspendedAfterMs < 5_000, `${done.suspendedAfterMs} ms`)
    assert.ok((await costOf(done)) < LIMIT)
    assert.equal(await stateOf(done.extension), 'suspended')
    const [told] = (await events('fraud.suspended', 0)).filter(each => each.data.payer === done.extension)
    assert.ok(told !== undefined && told.severity === 'critical' && told.data.reason.length > 10)
  })

  test(`in office hours, over ${way[0]}, to numbers that pass for harmless: live calls end, nothing goes on`, async () => {
    await night(false)
    await caps(FAR)
    await rules('on')
    // As if somebody had allowed the country and the numbers.
    await rules('dry-run', ['FRAUD_FIRST_COUNTRY', 'FRAUD_DEAR_NUMBER', 'FRAUD_ORGANISATION'])
    const done = await attack(way)
    assert.ok(done.answered <= 3, `${done.answered} were answered`)
    assert.ok(done.suspendedAfterMs !== undefined && done.suspendedAfterMs < 5_000, `${done.suspendedAfterMs} ms`)
    // Three calls of a minute that was begun.
    assert.ok((await costOf(done)) <= 6)
    assert.equal(await stateOf(done.extension), 'suspended')
  })

  test(`over ${way[0]}, with rules that only tell: the cap, and not a cent more`, async () => {
    await night(true)
    await caps('11')
    await rules('dry-run')
    const done = await attack(way)
    assert.deepEqual([done.answered, done.refused], [5, CHANNELS - 5])
    for (const phone of phones) await phone.stop()
    phones.length = 0
    const calls = accepted(await operations.extensionSuspend({ number: done.extension, reason: 'end of the test' }))
    assert.equal(calls.state, 'suspended')
    assert.equal(await costOf(done), 10)
    const reached = (await events('fraud.cap-reached', 0)).filter(each => each.data.payer === done.extension)
    assert.equal(reached[0]?.data.rule, 'FRAUD_CAP_EXTENSION_DAY')
  })
}
