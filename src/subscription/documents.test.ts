import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, dialogInfoBody, MAXIMUM_DIALOGS } from './dialog-info.ts'
import { messageSummaryBody } from './message-summary.ts'
import type { WatchedDialog } from './types.ts'
import { problemsOfDialogInfo } from '../../test/support/dialog-info-check.ts'

const RINGING: WatchedDialog = {
  id: 'one',
  direction: 'recipient',
  state: 'early',
  remote: '102',
  pickUp: undefined,
}
const base = { version: 0, number: '101', domain: 'example.com' }

test('RFC 4235 §4: an idle extension is a document without dialogs', () => {
  const body = dialogInfoBody({ ...base, dialogs: [] })
  assert.deepEqual(problemsOfDialogInfo(body), [])
  assert.match(body, /version="0" state="full" entity="sip:101@example.com"/)
  assert.doesNotMatch(body, /<dialog /)
})

test('a dialog has direction, state and identities; the other end only where it is given', () => {
  const body = dialogInfoBody({ ...base, version: 7, dialogs: [RINGING] })
  assert.deepEqual(problemsOfDialogInfo(body), [])
  assert.match(body, /version="7"/)
  assert.match(body, /<dialog id="one" direction="recipient"><state>early<\/state>/)
  assert.match(body, /<remote><identity>sip:102@example.com<\/identity><target uri="sip:102@example.com"\/><\/remote>/)
  const hidden = dialogInfoBody({ ...base, dialogs: [{ ...RINGING, remote: undefined }] })
  assert.deepEqual(problemsOfDialogInfo(hidden), [])
  assert.doesNotMatch(hidden, /remote/)
})

test('what may be picked up names its dialog (RFC 3891)', () => {
  const pickUp = { callId: 'a&b<c>"d', localTag: 'l', remoteTag: 'r' }
  const body = dialogInfoBody({ ...base, dialogs: [{ ...RINGING, pickUp }] })
  assert.deepEqual(problemsOfDialogInfo(body), [])
  assert.match(body, /call-id="a&amp;b&lt;c&gt;&quot;d" local-tag="l" remote-tag="r"/)
})

test('an identifier of a phone’s own making stays printable', () => {
  const pickUp = { callId: 'a\x01b\xff\u2028c', localTag: 'l', remoteTag: 'r' }
  const body = dialogInfoBody({ ...base, dialogs: [{ ...RINGING, pickUp }] })
  assert.deepEqual(problemsOfDialogInfo(body), [])
  assert.match(body, /call-id="a\?b\?\?c"/)
})

test('nothing that was dialled becomes markup', () => {
  for (const remote of ['</identity><x/>', '"&\'<>', 'a\0b\r\nc', '\u{1f600}é', '\ud800', 'x@evil;y=z?h']) {
    const body = dialogInfoBody({ ...base, dialogs: [{ ...RINGING, remote }] })
    assert.deepEqual(problemsOfDialogInfo(body), [], remote)
    assert.match(body, /<remote><identity>(sip:[^<@"]*@example\.com)<\/identity><target uri="\1"\/><\/remote>/)
    assert.match(body, /^[\x20-\x7e\r\n]*$/)
  }
})

test('a document is bounded', () => {
  const dialogs = Array.from({ length: 500 }, (_, i) => ({ ...RINGING, id: `d${i}` }))
  const body = dialogInfoBody({ ...base, dialogs })
  assert.equal(body.match(/<dialog /g)?.length, MAXIMUM_DIALOGS)
})

test('RFC 3842 §5.2: a message summary', () => {
  assert.equal(
    messageSummaryBody({ number: '101', domain: 'example.com', newMessages: 2, oldMessages: 8 }),
    'Messages-Waiting: yes\r\nMessage-Account: sip:101@example.com\r\nVoice-Message: 2/8 (0/0)\r\n',
  )
  assert.match(
    messageSummaryBody({ number: '101', domain: 'example.com', newMessages: 0, oldMessages: 3 }),
    /^Messages-Waiting: no\r\n[\s\S]*0\/3 \(0\/0\)\r\n$/,
  )
  assert.match(
    messageSummaryBody({ number: '1', domain: 'x', newMessages: -1, oldMessages: NaN }),
    /: no\r\n[\s\S]* 0\/0 /,
  )
})

test('an address escapes what is no user part', () => {
  assert.equal(addressOf('a b@c', 'example.com'), 'sip:a%20b%40c@example.com')
})
