import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCalls, type NumberedCall } from './read-calls.ts'

const HEADER =
  'id,start,extension,source_ip,user_agent,destination,answered,duration_s,forwarded_by,transferred_by,caller_id,direction,label'

async function read(text: string, timeZone = 'Europe/Berlin'): Promise<NumberedCall[]> {
  const parts = (async function* () {
    for (let at = 0; at < text.length; at += 17) yield Buffer.from(text.slice(at, at + 17))
  })()
  const calls: NumberedCall[] = []
  for await (const call of readCalls(parts, timeZone)) calls.push(call)
  return calls
}

test('our columns in any order, others left alone; in order of start, with their place in the file', async () => {
  const calls = await read(
    'label,extension,extra,id,duration_s,answered,start,destination\n' +
      'attack,101,x,b,61,1,2026-03-02T10:00:00+01:00,+4930901820\n' +
      ',102,"y,z",a,0,0,2026-03-02T08:59:59Z,"0049 30"\n',
  )
  assert.deepEqual(
    calls.map(({ id, index, extension, start, seconds, answered, label, direction, destination }) => [
      id,
      index,
      extension,
      new Date(start).toISOString(),
      seconds,
      answered,
      label,
      direction,
      destination,
    ]),
    [
      ['a', 1, '102', '2026-03-02T08:59:59.000Z', 0, false, undefined, 'out', '0049 30'],
      ['b', 0, '101', '2026-03-02T09:00:00.000Z', 61, true, 'attack', 'out', '+4930901820'],
    ],
  )
})

for (const [name, row, message] of [
  ['a time without an offset', 'a,2026-03-02T10:00:00,101,,,1,1,1,,,,,', /line 3, column start: .* with an offset/],
  ['a duration that is none', 'a,2026-03-02T10:00:00Z,101,,,1,1,-5,,,,,', /line 3, column duration_s: "-5"/],
  [
    'an answer that is none',
    'a,2026-03-02T10:00:00Z,101,,,1,yes,5,,,,,',
    /line 3, column answered: "yes" is neither 0 nor 1/,
  ],
  ['a label that nobody knows', 'a,2026-03-02T10:00:00Z,101,,,1,1,5,,,,out,maybe', /line 3, column label: "maybe"/],
  ['a row that is too short', 'a,2026-03-02T10:00:00Z,101', /line 3: 3 fields, the header line has 13/],
  ['a quote that is never closed', 'a,"2026', /line 3: a quote is opened and never closed/],
] as const) {
  test(`${name} is said with its line and column`, async () => {
    const good = 'x,2026-03-02T10:00:00Z,101,,,1,1,1,,,,,\n'
    await assert.rejects(read(`${HEADER}\n${good}${row}\n`), message)
  })
}

test('a file that is none of these, a header without a column, and nothing at all', async () => {
  await assert.rejects(read('a;b;c\n'), /^RecordingError|line 1: "a;b;c" is no header line/)
  await assert.rejects(
    read('id,start,extension,destination,answered\n'),
    /line 1, column duration_s: the header line names no/,
  )
  await assert.rejects(read(`${HEADER},start\n`), /column start: the header line names start twice/)
  await assert.rejects(read(''), /line 1: the file is empty/)
})

const CDR =
  '"","101","00442079461000","from-internal","""Desk"" <101>","PJSIP/101-00000012","PJSIP/provider-00000013","Dial","PJSIP/0044@provider,60","2026-03-29 03:30:00","2026-03-29 03:30:08","2026-03-29 03:31:20",80,72,"ANSWERED","DOCUMENTATION","1743211800.18",""'

test("Asterisk's call detail records, without a header, at local time of the organisation", async () => {
  const calls = await read(
    `${CDR}\n` +
      '"","+442079461000","101","from-trunk","","PJSIP/provider-00000020","PJSIP/101-00000021","Dial","","2026-01-10 12:00:00","","2026-01-10 12:00:20",20,0,"NO ANSWER","DOCUMENTATION","17.2",""\n' +
      '"","101","102","from-internal","","SIP/101-1","SIP/102-2","Dial","","2026-01-10 12:10:00","2026-01-10 12:10:01","2026-01-10 12:10:20",20,19,"ANSWERED","DOCUMENTATION","17.3",""\n',
  )
  assert.deepEqual(
    calls.map(({ id, start, extension, destination, direction, answered, seconds, callerId }) => [
      id,
      new Date(start).toISOString(),
      extension,
      destination,
      direction,
      answered,
      seconds,
      callerId,
    ]),
    [
      ['17.2', '2026-01-10T11:00:00.000Z', '101', '101', 'in', false, 0, '+442079461000'],
      ['17.3', '2026-01-10T11:10:00.000Z', '101', '102', 'internal', true, 19, ''],
      // Summer time began that night.
      ['1743211800.18', '2026-03-29T01:30:00.000Z', '101', '00442079461000', 'out', true, 72, ''],
    ],
  )
})

test("FreePBX' export, by its header", async () => {
  const [call] = await read(
    'calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,uniqueid,userfield,did\n' +
      '2026-01-10 12:00:00,"""Ann"" <101>",3055501,0015551234567,from-internal,SIP/101-0001,SIP/out-0002,Dial,x,70,61,ANSWERED,3,,u1,,\n',
  )
  assert.deepEqual(
    [call?.id, call?.extension, call?.destination, call?.seconds, call?.answered, call?.direction],
    ['u1', '101', '0015551234567', 61, true, 'out'],
  )
})
