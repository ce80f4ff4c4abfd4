/** Values of single header fields that have a grammar of their own. */
import assert from 'node:assert/strict'
import { parseMessage } from '../../../src/sip/message/parse.ts'
import { parseDate } from '../../../src/sip/message/date.ts'
import { parseContentType, parseCSeq, parseParameters, splitList } from '../../../src/sip/message/headers.ts'
import { formatParameters } from '../../../src/sip/message/name-address.ts'
import { decodeText, quoteString, safeForLog, unquoteString } from '../../../src/sip/message/text.ts'
import { parseReferTo, sipfragStatus } from '../../../src/sip/dialog/refer.ts'
import { parseRAck, rseqOf } from '../../../src/sip/dialog/reliable-provisional.ts'
import { formatReplaces, parseReplaces } from '../../../src/sip/dialog/replaces.ts'
import { minimumOf, sessionExpiresOf } from '../../../src/sip/dialog/session-timer.ts'
import { unescapeText } from '../../../src/sip/dialog/unescape.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

export const target: FuzzTarget = {
  name: 'sip-headers',
  covers: [
    'src/sip/message/',
    'src/sip/dialog/refer.ts',
    'src/sip/dialog/reliable-provisional.ts',
    'src/sip/dialog/replaces.ts',
    'src/sip/dialog/session-timer.ts',
    'src/sip/dialog/unescape.ts',
  ],
  shape: 'text',
  seeds: texts(
    '314159 INVITE',
    'application/sdp;charset="utf-8"',
    'Sat, 13 Nov 2010 23:29:00 GMT',
    ';a=b;c="d;e";f',
    'a, "b,c" <d,e>, f',
    '776656 1 INVITE',
    '813520',
    '1800;refresher=uas',
    '12345@192.0.2.3;to-tag=12345;from-tag=5FFE-3994;early-only',
    '<sip:203@example.com?Replaces=1%40a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Require=replaces>',
    'SIP/2.0 486 Busy Here',
    '"a \\"quoted\\" text"',
  ),
  maximumLength: 8_192,
  check,
}

function check(input: Buffer): void {
  const text = input.toString('latin1')
  assertNumbers(text)
  assertLists(text)
  const type = parseContentType(text)
  if (type !== undefined) assert.match(type, /^[^\s/;]+\/[^\s/;]+$/)
  const date = parseDate(text)
  if (date !== undefined) assert.ok(Number.isSafeInteger(date))
  const replaces = parseReplaces(text)
  if (replaces !== undefined) assert.deepEqual(parseReplaces(formatReplaces(replaces)), replaces)
  parseReferTo(text)
  sipfragStatus(input)
  unescapeText(text)
  assertText(text)
  if (!/[\r\n]/.test(text)) assertTimers(text)
}

function assertNumbers(text: string): void {
  const cseq = parseCSeq(text)
  if (cseq !== undefined) assert.ok(Number.isInteger(cseq.number) && cseq.number >= 0 && cseq.number < 2 ** 32)
  const rack = parseRAck(text)
  if (rack !== undefined)
    assert.ok(Object.values(rack).every(value => typeof value !== 'number' || Number.isSafeInteger(value)))
}

function assertLists(text: string): void {
  const values = splitList(text)
  assert.ok(values.length <= text.length + 1)
  assert.ok(values.reduce((sum, value) => sum + value.length, 0) <= text.length)
  const parameters = parseParameters(text)
  if (parameters === undefined) return
  assert.ok(parameters.size <= 64)
  if (!/[\r\n]/.test(text)) assert.deepEqual(parseParameters(formatParameters(parameters)), parameters)
}

function assertText(text: string): void {
  assert.equal(unquoteString(quoteString(text)), text.replace(/[\r\n]/g, ' '))
  decodeText(text)
  assert.match(safeForLog(text), /^[^\x00-\x1f\x7f]*$/, 'a log line with a control character')
}

function assertTimers(value: string): void {
  for (const name of ['Session-Expires', 'Min-SE', 'RSeq']) {
    const lines = ['SIP/2.0 200 OK', 'Via: SIP/2.0/TLS a', 'CSeq: 1 INVITE', `${name}: ${value}`, '', '']
    const parsed = parseMessage(Buffer.from(lines.join('\r\n'), 'latin1'))
    if (!parsed.ok || parsed.value.kind !== 'response') continue
    const session = sessionExpiresOf(parsed.value)
    if (typeof session === 'object') assert.ok(session.interval >= 0 && Number.isSafeInteger(session.interval))
    assert.ok(Number.isSafeInteger(minimumOf(parsed.value)))
    assert.ok(Number.isSafeInteger(rseqOf(parsed.value) ?? 0))
  }
}
