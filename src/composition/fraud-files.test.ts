import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ReplayFiles } from '../cli/ports.ts'
import { readDeckFile } from './deck-file.ts'
import { replayFiles } from './replay-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-fraud-files-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const HEADER = 'prefix,name,price_per_minute\n'

test('a deck is read as it is handed to the server', async () => {
  const read = await readDeckFile(file('good.csv', `\uFEFF${HEADER}+4930,"Berlin, city",0.0123\r\n`))
  assert.ok(read.ok)
  const price = { perMinute: 12_300, connectionFee: 0, minimumSeconds: 0, incrementSeconds: 60 }
  assert.deepEqual(read.value, [{ prefix: '4930', name: 'Berlin, city', ...price, validFrom: null }])
})

for (const [what, content, words] of [
  [
    'a price with a comma',
    `${HEADER}49,a,"1,5"\n`,
    /^\S+deck\.csv, line 2, column price_per_minute: "1,5" is no amount/,
  ],
  ['a later line', `${HEADER}49,a,1\n43,b,1\n4x,c,1\n`, /, line 4, column prefix: /],
  ['an open quote', `${HEADER}49,"a,1\n`, /quote is opened/],
  ['no header', '49,a,1\n', /, line 1, column prefix: /],
  ['nothing', '', /, line 1: the file is empty$/],
  ['a column twice', 'prefix,price_per_minute,prefix\n49,1,43\n', /, line 1, column prefix: .* twice$/],
  ['half a character at its end', Buffer.from(`${HEADER}49,a,1\n43,\u00d6`).subarray(0, -1), /, line 3: is not UTF-8/],
  ['another encoding', Buffer.from(`${HEADER}49,Österreich,1\n`, 'latin1'), /, line 2: is not UTF-8/],
] as const) {
  test(`a deck with ${what} names the place`, async () => {
    const read = await readDeckFile(file('deck.csv', content))
    assert.ok(!read.ok)
    assert.match(read.error, words)
  })
}

test('half a million lines are read as a stream, whatever the parts that they come in, and counted to the last', async () => {
  const lines = Array.from({ length: 500_000 }, (_, index) => `${1_000_000 + index},"Näme, ${index}",0.0${index % 90}`)
  const path = file('large.csv', `# a remark\n${HEADER}${lines.join('\n')}\n`)
  const read = await readDeckFile(path)
  assert.ok(read.ok)
  assert.equal(read.value.length, 500_000)
  for (const index of [0, 77, 4_711, 499_999]) {
    const { prefix, name }: { prefix: string; name: string } = read.value[index]!
    assert.deepEqual({ prefix, name }, { prefix: String(1_000_000 + index), name: `Näme, ${index}` })
  }
  const broken = await readDeckFile(file('large.csv', `${HEADER}${lines.join('\n')}\n1234567,again,0.01\n`))
  assert.ok(!broken.ok)
  assert.match(broken.error, /, line 500002, column prefix: 1234567 stands twice/)
})

test('a deck that is not there is a sentence', async () => {
  const read = await readDeckFile(join(folder, 'nothing.csv'))
  assert.ok(!read.ok)
  assert.match(read.error, /nothing\.csv cannot be read: ENOENT/)
})

const CALLS = `id,start,extension,destination,answered,duration_s
1,2026-03-02T10:00:00+01:00,101,+12125550123,1,120
2,2026-03-02T03:00:00+01:00,101,+37060000001,1,3600
`

async function replay(files: Partial<ReplayFiles>) {
  const written: string[] = []
  const all = { file: '', policy: undefined, deck: undefined, organisation: undefined, json: true, ...files }
  const result = await replayFiles(all, async text => void written.push(text), assert.fail)
  const lines = written.join('').split('\n').filter(Boolean)
  return { result, lines: lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

test('a replay goes by the policy, the deck and the organisation that are named', async () => {
  const calls = file('calls.csv', CALLS)
  const plain = await replay({ file: calls })
  assert.deepEqual(plain.result, { ok: true, value: { calls: 2 } })
  assert.deepEqual(
    plain.lines.map(each => each['verdict']),
    ['allow', 'block', undefined],
  )
  const named = await replay({
    file: calls,
    policy: file('policy.json', '{ "caps": { "call": "0.10" } }'),
    deck: file('rates.csv', `${HEADER}1,a,1\n370,b,0.01\n`),
    organisation: file('office.json', '{ "openCountries": ["LT"], "timeZone": "Europe/Vilnius" }'),
  })
  assert.ok(named.result.ok)
  assert.notEqual(named.lines[0]?.['verdict'], 'allow')
})

for (const [what, files, words] of [
  ['policy', { policy: '{ "caps": { "call": 5 } }' }, /policy: caps\.call: money is written as text/],
  ['policy', { policy: '{' }, /policy: is no JSON/],
  ['organisation', { organisation: '{ "country": "XX" }' }, /organisation: country: is no country/],
  ['deck', { deck: `${HEADER}49,a,x\n` }, /deck, line 2, column price_per_minute/],
  ['recording', { file: 'id,start,extension,destination,answered,duration_s\n1,x,1,1,1,1\n' }, /line 2, column start/],
] as const) {
  test(`a broken ${what} of a replay names the file and the place`, async () => {
    const paths = Object.entries(files).map(([name, content]) => [name, file(name, content)])
    const { result, lines } = await replay({ file: file('calls.csv', CALLS), ...Object.fromEntries(paths) })
    assert.ok(!result.ok)
    assert.match(result.error, words)
    assert.deepEqual(lines, [])
  })
}

test('what cannot be read is a sentence', async () => {
  for (const name of ['file', 'policy', 'deck', 'organisation']) {
    const { result } = await replay({ file: file('calls.csv', CALLS), [name]: join(folder, 'nothing') })
    assert.ok(!result.ok)
    assert.match(result.error, /nothing cannot be read: ENOENT/)
  }
})
