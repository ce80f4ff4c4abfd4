/** Session timers (RFC 4028): every row of its table 2, 422, refreshes and the end. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { buildResponse, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import {
  afterTooSmall,
  answerSession,
  DEFAULT_SESSION_POLICY,
  refreshSent,
  sessionDelay,
  sessionDue,
  sessionExpiresOf,
  sessionRequestHeaders,
  settledSession,
  startSession,
} from '../../src/sip/dialog/session-timer.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { CallWorld, NOTHING_LEFT } from '../support/call-world.ts'
import { established, hangUp, startRinging } from '../support/early-calls.ts'
import { type PhoneCall, type ScriptedPhone, sdp } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { request } from './scenario.ts'
import { conformance } from './table/conformance.ts'

function invite(sessionExpires: string | undefined, supported: boolean, minSe?: string): SipRequest {
  const headers: HeaderPair[] = []
  if (sessionExpires !== undefined) headers.push(['Session-Expires', sessionExpires])
  if (supported) headers.push(['Supported', 'replaces, timer'])
  if (minSe !== undefined) headers.push(['Min-SE', minSe])
  return request({ headers })
}

function response(status: number, headers: readonly HeaderPair[]): SipResponse {
  return buildResponse(request(), status, undefined, { toTag: 'x', headers })
}

conformance(
  'RFC 4028 §7.1',
  'headers of our requests',
  'Supported: timer, Session-Expires, Min-SE; in a refresh who refreshes (§7.4)',
  () => {
    assert.deepEqual(sessionRequestHeaders(), [
      ['Supported', 'timer'],
      ['Session-Expires', '1800'],
      ['Min-SE', '90'],
    ])
    assert.deepEqual(sessionRequestHeaders(DEFAULT_SESSION_POLICY, 'uas')[1], ['Session-Expires', '1800;refresher=uas'])
  },
)

conformance('RFC 4028 table 2', 'who refreshes, by what the caller supports and asks', 'every row of the table', () => {
  const rows: [string | undefined, boolean, string, string][] = [
    // Session-Expires of the caller, supports timer -> refresher, second header of our 2xx
    ['1800', false, 'uas', 'Supported'],
    ['1800', true, 'uac', 'Require'],
    ['1800;refresher=uac', true, 'uac', 'Require'],
    ['1800;refresher=uas', true, 'uas', 'Supported'],
    [undefined, true, 'uac', 'Require'],
    [undefined, false, 'uas', 'Supported'],
    ['1800;refresher=uac', false, 'uas', 'Supported'],
  ]
  for (const [asked, supported, refresher, second] of rows) {
    const answer = answerSession(invite(asked, supported))
    assert.ok(answer.kind === 'accepted')
    assert.equal(answer.refresher, refresher, `${asked} ${supported}`)
    assert.deepEqual(answer.headers[0], ['Session-Expires', `1800;refresher=${refresher}`])
    assert.deepEqual(answer.headers[1], [second, 'timer'])
  }
})

conformance('RFC 4028 §9', 'the interval of our 2xx', 'never longer than asked, never below a minimum', () => {
  const interval = (asked: string | undefined, supported = true, minSe?: string): number | string => {
    const answer = answerSession(invite(asked, supported, minSe))
    return answer.kind === 'accepted' ? answer.interval : answer.kind
  }
  assert.equal(interval('600'), 600)
  assert.equal(interval('7200'), 1800)
  assert.equal(interval('7200', true, '3600'), 3600)
  assert.equal(interval(undefined, true, '3600'), 3600)
  assert.equal(interval('90'), 90)
  assert.equal(interval('89'), 'too-small')
  assert.equal(interval('60', false), 90, 'who knows no timer cannot understand 422')
  for (const bad of ['', 'x', '-5', '1e9', '99999999999', '1800;refresher=nobody', '1800;refresher']) {
    assert.equal(interval(bad), bad === '1800;refresher' ? 1800 : 'malformed', bad)
  }
})

conformance('RFC 4028 §7.3', 'our request is answered 422', 'it is repeated with the Min-SE of the answer', () => {
  const answer = answerSession(invite('60', true))
  assert.deepEqual(answer, { kind: 'too-small', status: 422, headers: [['Min-SE', '90']] })
  const policy = { interval: 120, minimum: 90 }
  const again = afterTooSmall(response(422, [['Min-SE', '3600']]), policy)
  assert.deepEqual(again, { interval: 3600, minimum: 3600 })
  assert.equal(afterTooSmall(response(422, [['Min-SE', '100']]), { interval: 120, minimum: 100 }), undefined)
  assert.equal(afterTooSmall(response(422, []), DEFAULT_SESSION_POLICY), undefined)
})

conformance(
  'RFC 4028 §7.2',
  '2xx to our request',
  'its Session-Expires counts; without one we may refresh all the same',
  () => {
    assert.deepEqual(
      settledSession(response(200, [['Session-Expires', '900;refresher=uas']]), DEFAULT_SESSION_POLICY),
      {
        interval: 900,
        refresher: 'uas',
      },
    )
    assert.deepEqual(settledSession(response(200, []), DEFAULT_SESSION_POLICY), { interval: 1800, refresher: 'uac' })
    assert.equal(settledSession(response(200, [['Session-Expires', '1']]), DEFAULT_SESSION_POLICY)?.interval, 90)
    assert.equal(settledSession(response(200, [['Session-Expires', 'x']]), DEFAULT_SESSION_POLICY), undefined)
    assert.deepEqual(sessionExpiresOf(response(200, [['x', '4000;refresher=UAC']])), {
      interval: 4000,
      refresher: 'uac',
    })
  },
)

conformance('RFC 4028 §10', 'the refresher', 'refreshes at half time', () => {
  const timer = startSession({ interval: 1800, refresher: 'uac' }, 'uac', 1_000)
  assert.equal(timer.weRefresh, true)
  assert.equal(sessionDelay(timer, 1_000), 900_000)
  assert.equal(sessionDue(timer, 900_999), 'wait')
  assert.equal(sessionDue(timer, 901_000), 'refresh')
  const sent = refreshSent(timer)
  assert.equal(sessionDue(sent, 901_000), 'wait')
  assert.equal(sessionDue(sent, 1_801_000), 'expired')
  assert.equal(sessionDue(refreshSent(timer, 950_000), 950_000), 'refresh')
})

conformance(
  'RFC 4028 §10',
  'the one that waits',
  'ends the session the lesser of 32 s and a third before its end',
  () => {
    const long = startSession({ interval: 1800, refresher: 'uac' }, 'uas', 0)
    assert.equal(long.weRefresh, false)
    assert.equal(sessionDue(long, 1_767_999), 'wait')
    assert.equal(sessionDue(long, 1_768_000), 'expired')
    const short = startSession({ interval: 90, refresher: 'uas' }, 'uac', 0)
    assert.equal(sessionDelay(short, 0), 60_000)
    assert.equal(sessionDelay(short, 70_000), 0)
  },
)

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc4028' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})
after(() => world?.stop())

const TIMER: HeaderPair = ['Supported', 'timer']

function expires(value: string): HeaderPair {
  return ['Session-Expires', value]
}

conformance('RFC 4028 §9', 'INVITE with a Session-Expires below our minimum', '422 with Min-SE', async () => {
  const invite = await alice.call('102', { headers: [TIMER, expires('60')] })
  const response = await invite.refused(422)
  assert.equal(response.header('Min-SE'), '90')
  await bob.expectSilence()
})

conformance('RFC 4028 §9', 'UPDATE with a Session-Expires below our minimum', '422 with Min-SE', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const response = await caller.exchange('UPDATE', 422, { headers: [TIMER, expires('60')] })
  assert.equal(response.header('Min-SE'), '90')
  await hangUp(caller, callee)
})

for (const value of ['abc', '-1', '1800;refresher=somebody']) {
  conformance('RFC 4028 §4', `Session-Expires: ${value}`, 'is malformed: 400', async () => {
    const invite = await alice.call('102', { headers: [TIMER, expires(value)] })
    await invite.refused(400)
  })
}

for (const [what, headers, refresher, second] of [
  ['caller without timers', [], 'uas', ['Supported', 'timer']],
  ['caller with timers', [TIMER, expires('600')], 'uac', ['Require', 'timer']],
  ['caller that wants to refresh', [TIMER, expires('600;refresher=uac')], 'uac', ['Require', 'timer']],
  ['caller that wants us to refresh', [TIMER, expires('600;refresher=uas')], 'uas', ['Supported', 'timer']],
] as const) {
  conformance('RFC 4028 §9', `200 to a ${what}`, `refresher=${refresher}, ${second.join(': ')}`, async () => {
    const { invite, ring } = await startRinging(alice, bob, '102', headers)
    const callee = await ring.answer()
    const caller = await invite.answered()
    const { response } = caller
    assert.match(
      response!.header('Session-Expires')!,
      new RegExp(`^${headers.length === 0 ? 1800 : 600};refresher=${refresher}$`),
    )
    assert.ok(response!.headerValues(second[0]).includes(second[1]))
    await hangUp(caller, callee)
  })
}

conformance(
  'RFC 4028 §7.1',
  'our INVITE to the callee',
  'Supported: timer, Session-Expires and Min-SE of its own',
  async () => {
    const { invite, ring } = await startRinging(alice, bob, '102', [TIMER, expires('600')])
    assert.ok(ring.request.headerValues('Supported').includes('timer'))
    assert.equal(ring.request.header('Session-Expires'), '1800')
    assert.equal(ring.request.header('Min-SE'), '90')
    const callee = await ring.answer()
    await hangUp(await invite.answered(), callee)
    return 'as demanded: each leg has a session timer of its own'
  },
)

conformance(
  'RFC 4028 §7.3',
  'the callee answers our INVITE with 422',
  'a new INVITE: same Call-ID, CSeq one up, its Min-SE',
  async () => {
    const { invite, ring } = await startRinging(alice, bob, '102')
    await ring.refuse(422, { headers: [['Min-SE', '3600']] })
    const again = await bob.ringing()
    assert.equal(again.request.callId, ring.request.callId)
    assert.equal(again.request.cseq.number, ring.request.cseq.number + 1)
    assert.equal(again.request.header('Min-SE'), '3600')
    assert.equal(again.request.header('Session-Expires'), '3600')
    const callee = await again.answer()
    await hangUp(await invite.answered(), callee)
  },
)

conformance(
  'RFC 4028 §9',
  'a refresh by UPDATE, and by re-INVITE with the same words',
  '2xx with Session-Expires; nothing of it is passed on',
  async () => {
    const { invite, ring } = await startRinging(alice, bob, '102', [TIMER, expires('600')])
    const callee = await ring.answer()
    const caller = await invite.answered()
    const headers = [TIMER, expires('600;refresher=uac')]
    assert.match((await caller.exchange('UPDATE', 200, { headers })).header('Session-Expires')!, /^600;refresher=uac$/)
    const body = invite.request.body.toString()
    assert.match(
      (await caller.exchange('INVITE', 200, { headers, body })).header('Session-Expires')!,
      /^600;refresher=uac$/,
    )
    await bob.expectSilence()
    await hangUp(caller, callee)
  },
)

interface InMemory {
  readonly memory: CallWorld
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

/** In memory, where hours pass by hand. */
async function inMemory(headers: readonly HeaderPair[], answer: readonly HeaderPair[] = []): Promise<InMemory> {
  const memory = new CallWorld()
  const [from, to] = [memory.phone('101'), memory.phone('102')]
  const invite = await from.call('102', { headers, body: sdp('alice') })
  const ring = await to.ringing()
  const callee = await ring.answer({ body: sdp('bob'), headers: answer })
  return { memory, caller: await invite.answered(), callee }
}

/** When, in seconds, the phone gets a request; the other phone answers what comes to it. */
async function secondsUntil(
  memory: CallWorld,
  phone: PhoneCall,
  other: PhoneCall,
  limit: number,
): Promise<[number, SipMessage]> {
  const start = memory.clock.monotonic()
  for (let second = 0; second < limit; second++) {
    await memory.pass(1_000)
    const [message] = phone.phone.drain()
    if (message !== undefined) return [Math.round((memory.clock.monotonic() - start) / 1_000), message]
    for (const request of other.phone.drain()) {
      if (request.kind === 'request' && request.method !== 'ACK') other.phone.respond(request, 200, '')
    }
  }
  assert.fail(`nothing within ${limit} s`)
}

conformance('RFC 4028 §10', 'we are the refresher', 'a refresh after half the interval', async () => {
  const { memory, caller, callee } = await inMemory([TIMER, expires('600;refresher=uas')])
  const [seconds, message] = await secondsUntil(memory, caller, callee, 700)
  assert.equal(seconds, 300)
  assert.ok(message.kind === 'request')
  assert.equal(message.method, 'UPDATE')
  assert.equal(message.header('Session-Expires'), '600;refresher=uac')
  caller.phone.respond(message, 200, '', { headers: [expires('600;refresher=uac'), ['Require', 'timer']] })
  const [again] = await secondsUntil(memory, caller, callee, 700)
  assert.equal(again, 300)
  return 'an UPDATE without offer where the phone allows it, else a re-INVITE with the same words'
})

conformance(
  'RFC 4028 §10',
  'the phone is the refresher and does not refresh',
  'BYE before the session expires',
  async () => {
    const { memory, caller, callee } = await inMemory([TIMER, expires('600;refresher=uac')])
    const [seconds, message] = await secondsUntil(memory, caller, callee, 700)
    assert.equal(seconds, 600 - 32)
    assert.ok(message.kind === 'request')
    assert.equal(message.method, 'BYE')
    caller.phone.respond(message, 200, '')
    assert.deepEqual(memory.records.latest()[0]?.end, { side: 'caller', cause: 'session-expired', sipCode: 408 })
    await memory.settle()
    for (const request of callee.phone.drain()) if (request.kind === 'request') callee.phone.respond(request, 200, '')
    assert.deepEqual(await memory.leftovers(), NOTHING_LEFT)
    return 'BYE to both 32 s before; the record says session-expired'
  },
)

conformance('RFC 4028 §10', 'our refresh is answered 481, or by nobody', 'the session is over: BYE', async () => {
  for (const status of [481, undefined]) {
    const { memory, caller, callee } = await inMemory([TIMER, expires('600;refresher=uas')])
    const [, update] = await secondsUntil(memory, caller, callee, 700)
    assert.ok(update.kind === 'request')
    if (status !== undefined) caller.phone.respond(update, status, '')
    await memory.pass(status === undefined ? 33_000 : 100)
    const messages = callee.phone.drain()
    assert.ok(
      messages.some(each => each.kind === 'request' && each.method === 'BYE'),
      `${status}`,
    )
  }
})

conformance(
  'RFC 4028 §7.4',
  'our refresh is answered 422',
  'it is repeated with the Min-SE of the answer',
  async () => {
    const { memory, caller, callee } = await inMemory([TIMER, expires('600;refresher=uas')])
    const [, update] = await secondsUntil(memory, caller, callee, 700)
    assert.ok(update.kind === 'request')
    caller.phone.respond(update, 422, '', { headers: [['Min-SE', '900']] })
    const [, again] = await secondsUntil(memory, caller, callee, 10)
    assert.match(again.header('Session-Expires')!, /^900;/)
  },
)

conformance('RFC 4028 §7.2', 'a callee that knows no session timers', 'the UAC may refresh all the same', async () => {
  const { memory, caller, callee } = await inMemory([])
  const [seconds, message] = await secondsUntil(memory, callee, caller, 1_000)
  assert.equal(seconds, 900)
  assert.ok(message.kind === 'request')
  assert.equal(message.method, 'UPDATE')
  return 'we refresh, so that a phone that vanished is found'
})
