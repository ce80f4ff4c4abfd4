/** What attackers write into an event stays a value in every output: each is read back by a parser of its format. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../base/ids.ts'
import { Secret } from '../../base/secret.ts'
import { EVENT_SEVERITY, type EventType, type RingfenceEvent } from '../../events/catalogue.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { syslogFrame } from '../encode.ts'
import { EVENT_CLASS, type OCSF_CLASSES } from '../event-classes.ts'
import { eventFacts } from '../event-facts.ts'
import { createMask } from '../mask.ts'
import { readCef, readCsvLine, readSyslog } from '../test-support/readers.ts'
import { EXPORT_FORMS, type ExportForm, LARGEST_EVENT } from '../types.ts'
import { cefText } from './cef.ts'
import { csvLine } from './csv.ts'
import { bulkLines } from './ecs.ts'
import { lineOf } from './index.ts'
import { LARGEST_SYSLOG } from './syslog.ts'
import { ocsfEvent } from './ocsf.ts'
import { otlpRecord, otlpRequest } from './otlp.ts'
import { splunkEvent } from './splunk.ts'
import { webhookBody } from './webhook.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const AT = Date.UTC(2026, 10, 23, 15, 0, 0, 123)

const NASTY = [
  '\u001b[31mred\u001b[0m',
  'x\r\n<34>1 2026-01-01T00:00:00Z evil su - - - root logged in',
  '\n120 <34>1 - - - - - -',
  'a|b\\|c=d\\=e f=g',
  'x suser=root outcome=success',
  '"] [fake@1 a="b',
  '","admin":true,"x":"',
  "=cmd|' /C calc'!A0",
  '@SUM(1+1)',
  '+49301234567',
  '\u202eexe.gpj',
  '\u009b2J\u0085\u2028\u2029',
  '\ud800 half',
  '\0nul',
  'y'.repeat(65_536),
  '\u{1f600}'.repeat(2_000),
  '\u0001'.repeat(20_000),
]

const nasty = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.constantFrom(...NASTY.slice(0, 14), '\\', '=', '|', ']', '"', '\n', ' '), { maxLength: 12 })
    .map(parts => parts.join('')),
)

function refused(userAgent: string, reason: string, username: string, address = '198.51.100.7'): LoggedEvent {
  const event: RingfenceEvent = {
    id: newId<'EventId'>(AT),
    type: 'registration.refused',
    at: AT,
    severity: 'warning',
    organisationId: undefined,
    data: {
      username,
      source: { address, port: 5061, protocol: 'TLS', tls: 'TLSv1.3' },
      userAgent,
      reason,
      sipCode: 403,
    },
  }
  return { position: 17, event }
}

const hostile = fc.tuple(nasty, nasty, nasty).map(([a, b, c]) => refused(a, b, c))
const runs = { numRuns: 300 }
// C0 but the tabulator, DEL, C1, separators, marks that turn the text.
const RAW = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/

/** No line has a raw control, and none is longer than allowed. */
function assertInert(text: string): void {
  assert.doesNotMatch(text, RAW)
  assert.ok(text.isWellFormed())
  // Each form holds a value twice or three times at most.
  assert.ok(Buffer.byteLength(text) <= 3 * LARGEST_EVENT, `${Buffer.byteLength(text)} octets`)
}

for (const form of EXPORT_FORMS) {
  test(`${form}: one line, no raw control, bounded`, () => {
    fc.assert(
      fc.property(hostile, logged => assertInert(lineOf(form, eventFacts(logged), CONTEXT))),
      runs,
    )
  })

  test(`${form} in syslog: exactly one message per frame, its fields as they were meant`, () => {
    fc.assert(
      fc.property(hostile, hostile, (first, second) => {
        const options = { form, mask: undefined, context: CONTEXT }
        const messages = readSyslog(Buffer.concat([syslogFrame(first, options), syslogFrame(second, options)]))
        assert.equal(messages.length, 2)
        for (const [index, { event }] of [first, second].entries()) {
          const message = messages[index]!
          assert.ok(message.octets <= LARGEST_SYSLOG)
          assert.equal(message.priority, 10 * 8 + 4)
          assert.equal(message.host, CONTEXT.host)
          assert.equal(message.type, 'registration.refused')
          assert.deepEqual(Object.keys(message.structured), ['ringfence@32473'])
          assert.equal(message.structured['ringfence@32473']?.['id'], event.id)
          assert.equal(message.structured['ringfence@32473']?.['source'], '198.51.100.7')
          assert.equal(message.structured['ringfence@32473']?.['outcome'], 'failure')
          assertInert(message.text)
          if (form === 'json' || form === 'ocsf' || form === 'ecs')
            assert.equal(typeof JSON.parse(message.text), 'object')
          if (form === 'cef') assert.equal(readCef(message.text)?.header[4], 'registration.refused')
        }
      }),
      { numRuns: 100 },
    )
  })
}

test('CEF: header of eight fields, keys only those that we wrote, and the first of each is ours', () => {
  fc.assert(
    fc.property(hostile, logged => {
      const read = readCef(cefText(eventFacts(logged), CONTEXT))
      assert.ok(read !== undefined)
      assert.deepEqual(read.header.slice(0, 5), ['0', 'Ringfence', 'Ringfence', '0.1.0', 'registration.refused'])
      assert.equal(read.extension.get('externalId'), logged.event.id)
      assert.equal(read.extension.get('outcome'), 'failure')
      assert.equal(read.extension.get('src'), '198.51.100.7')
      assert.equal(read.extension.get('suser'), undefined)
      assert.equal(read.extension.get('cn1'), '17')
    }),
    runs,
  )
})

test('CSV: as many cells as columns, none of them a formula', () => {
  fc.assert(
    fc.property(hostile, logged => {
      const cells = readCsvLine(csvLine(eventFacts(logged)))
      assert.equal(cells.length, 17)
      assert.equal(cells[1], logged.event.id)
      for (const cell of cells) assert.doesNotMatch(cell, /^\s*[=+\-@|%]/)
    }),
    runs,
  )
})

test('JSON forms say what was written, and nothing beside it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => {
      const facts = eventFacts(refused(text, 'r', 'u'))
      const whole = (line: string): unknown => JSON.parse(line)
      const data = { ...(whole(lineOf('json', facts, CONTEXT)) as { data: { userAgent: string } }).data }
      assert.equal(data.userAgent, text.toWellFormed())
      assert.deepEqual(Object.keys(data).toSorted(), ['reason', 'sipCode', 'source', 'userAgent', 'username'])
      const splunk = whole(splunkEvent(facts, CONTEXT, undefined)) as { event: { data: unknown }; time: number }
      assert.deepEqual(splunk.event.data, data)
      assert.equal(splunk.time, AT / 1_000)
      const ocsf = whole(lineOf('ocsf', facts, CONTEXT)) as { unmapped: { ringfence: { data: unknown } } }
      assert.deepEqual(ocsf.unmapped.ringfence.data, data)
      const bulk = bulkLines(facts, CONTEXT, 'logs-ringfence-default').split('\n')
      assert.equal(bulk.length, 3)
      assert.deepEqual(whole(bulk[0]!), { create: { _index: 'logs-ringfence-default', _id: facts.id } })
      const document = whole(bulk[1]!) as { ringfence: { data: string }; source: { ip: string } }
      assert.deepEqual(whole(document.ringfence.data), data)
      assert.equal(document.source.ip, '198.51.100.7')
      const message = whole(webhookBody([facts])) as { data: { events: { data: unknown }[] } }
      assert.deepEqual(message.data.events[0]?.data, data)
      assert.doesNotMatch(otlpRequest([otlpRecord(facts)], CONTEXT), RAW)
    }),
    runs,
  )
})

test('every type of event has a class, with an activity that OCSF knows', () => {
  const known: Readonly<Record<keyof typeof OCSF_CLASSES, number>> = {
    finding: 3,
    account: 12,
    logon: 7,
    entity: 13,
    network: 7,
    config: 2,
    lifecycle: 8,
    api: 4,
  }
  for (const type of Object.keys(EVENT_SEVERITY) as EventType[]) {
    const { of, activity } = EVENT_CLASS[type]
    assert.ok(activity === 99 || (activity >= 1 && activity <= known[of]), type)
    const logged = { ...refused('a', 'b', 'c'), event: { ...refused('a', 'b', 'c').event, type } as RingfenceEvent }
    const event = ocsfEvent(eventFacts(logged), CONTEXT)
    for (const required of REQUIRED[of]) assert.notEqual(event[required], undefined, `${type}: ${required}`)
    assert.equal(event['type_uid'], Number(event['class_uid']) * 100 + Number(event['activity_id']))
  }
})

/** Required attributes of OCSF 1.3.0 for each class, beside those of every event. */
const EVERY = ['activity_id', 'category_uid', 'class_uid', 'type_uid', 'time', 'severity_id', 'metadata']
const REQUIRED: { readonly [C in keyof typeof OCSF_CLASSES]: readonly string[] } = {
  finding: [...EVERY, 'finding_info'],
  account: [...EVERY, 'user'],
  logon: [...EVERY, 'user', 'service'],
  entity: [...EVERY, 'entity'],
  network: [...EVERY, 'src_endpoint', 'dst_endpoint'],
  config: [...EVERY, 'device'],
  lifecycle: [...EVERY, 'app'],
  api: [...EVERY, 'actor', 'api', 'src_endpoint'],
}

test('masked numbers, names and addresses are in no form, and the same value has the same pseudonym', () => {
  const mask = createMask(['numbers', 'names', 'addresses'], new Secret('key'))
  const call = (from: string): LoggedEvent => ({
    position: 1,
    event: {
      ...refused('', '', '').event,
      type: 'call.refused',
      data: {
        callId: newId<'CallId'>(AT),
        from,
        to: '+442079460123',
        sipCode: 403,
        rule: 'FRAUD_NIGHT',
        reason:
          'extension 4711 called +44 20 7946 0123 from 2001:db8::7, told ada@example.com and sip:bob@pbx.example.com',
      },
    } as RingfenceEvent,
  })
  const sensitive = /7946|460123|4711|2001:db8|ada@|bob@/
  for (const form of [...EXPORT_FORMS] as ExportForm[]) {
    const line = lineOf(form, eventFacts(call('101'), mask), CONTEXT)
    assert.doesNotMatch(line, sensitive, form)
    assert.match(line, /FRAUD_NIGHT/)
  }
  const facts = (from: string) => eventFacts(call(from), mask).data
  assert.equal(facts('101')['from'], facts('101')['from'])
  assert.notEqual(facts('101')['from'], facts('102')['from'])
  const other = createMask(['numbers'], new Secret('another'))
  assert.notEqual(eventFacts(call('101'), other).data['from'], facts('101')['from'])
  const source = eventFacts(refused('ua', 'r', 'u', '198.51.100.7'), mask)
  assert.equal(source.address, undefined)
  assert.match(source.common.source ?? '', /^address-/)
})

test('rubbish of 64 kB in every field pushes out neither who sent it, nor where from, in any form', () => {
  const rubbish = '\u0001'.repeat(65_536)
  const logged = refused(rubbish, rubbish, rubbish, '2001:0db8:1111:2222:3333:4444:5555:6666')
  for (const form of EXPORT_FORMS) {
    const [message] = readSyslog(syslogFrame(logged, { form, mask: undefined, context: CONTEXT }))
    assert.ok(message!.octets <= LARGEST_SYSLOG, form)
    assert.equal(message!.structured['ringfence@32473']?.['source'], '2001:0db8:1111:2222:3333:4444:5555:6666', form)
    assert.match(message!.text, /2001:0?db8:1111:2222:3333:4444:5555:6666/i, form)
  }
})
