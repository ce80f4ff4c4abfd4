/** Session timers (RFC 4028): every row of its table 2, 422, refreshes and the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
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
import { request } from './scenario.ts'

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

test('our request: half an hour, Min-SE 90, and in a refresh who refreshes (§7.1, §7.4)', () => {
  assert.deepEqual(sessionRequestHeaders(), [
    ['Supported', 'timer'],
    ['Session-Expires', '1800'],
    ['Min-SE', '90'],
  ])
  assert.deepEqual(sessionRequestHeaders(DEFAULT_SESSION_POLICY, 'uas')[1], ['Session-Expires', '1800;refresher=uas'])
})

test('table 2: who refreshes, by what the caller supports and asks', () => {
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

test('the interval: never longer than ours or theirs, never below a minimum (§9)', () => {
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

test('422 carries Min-SE (§6), and the caller comes back with it (§7.4)', () => {
  const answer = answerSession(invite('60', true))
  assert.deepEqual(answer, { kind: 'too-small', status: 422, headers: [['Min-SE', '90']] })
  const policy = { interval: 120, minimum: 90 }
  const again = afterTooSmall(response(422, [['Min-SE', '3600']]), policy)
  assert.deepEqual(again, { interval: 3600, minimum: 3600 })
  assert.equal(afterTooSmall(response(422, [['Min-SE', '100']]), { interval: 120, minimum: 100 }), undefined)
  assert.equal(afterTooSmall(response(422, []), DEFAULT_SESSION_POLICY), undefined)
})

test('the 2xx settles it (§7.2); a peer without timers is refreshed by us', () => {
  assert.deepEqual(settledSession(response(200, [['Session-Expires', '900;refresher=uas']]), DEFAULT_SESSION_POLICY), {
    interval: 900,
    refresher: 'uas',
  })
  assert.deepEqual(settledSession(response(200, []), DEFAULT_SESSION_POLICY), { interval: 1800, refresher: 'uac' })
  assert.equal(settledSession(response(200, [['Session-Expires', '1']]), DEFAULT_SESSION_POLICY)?.interval, 90)
  assert.equal(settledSession(response(200, [['Session-Expires', 'x']]), DEFAULT_SESSION_POLICY), undefined)
  assert.deepEqual(sessionExpiresOf(response(200, [['x', '4000;refresher=UAC']])), { interval: 4000, refresher: 'uac' })
})

test('who refreshes does it at half time, and gives up at the end (§10)', () => {
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

test('who waits gives up 32 s, or a third, before the end (§10)', () => {
  const long = startSession({ interval: 1800, refresher: 'uac' }, 'uas', 0)
  assert.equal(long.weRefresh, false)
  assert.equal(sessionDue(long, 1_767_999), 'wait')
  assert.equal(sessionDue(long, 1_768_000), 'expired')
  const short = startSession({ interval: 90, refresher: 'uas' }, 'uac', 0)
  assert.equal(sessionDelay(short, 0), 60_000)
  assert.equal(sessionDelay(short, 70_000), 0)
})
