/** docs/asvs.md has every requirement of levels 1 and 2 of ASVS 5.0.0 once, with a state and a place. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'

/** How many of levels 1 and 2 each section has; they stand before those of level 3. */
const SECTIONS: Readonly<Record<string, number>> = {
  'V1.1': 2,
  'V1.2': 9,
  'V1.3': 11,
  'V1.4': 3,
  'V1.5': 2,
  'V2.1': 3,
  'V2.2': 3,
  'V2.3': 4,
  'V2.4': 1,
  'V3.2': 2,
  'V3.3': 4,
  'V3.4': 6,
  'V3.5': 5,
  'V3.7': 2,
  'V4.1': 3,
  'V4.2': 1,
  'V4.3': 2,
  'V4.4': 4,
  'V5.1': 1,
  'V5.2': 3,
  'V5.3': 2,
  'V5.4': 3,
  'V6.1': 3,
  'V6.2': 12,
  'V6.3': 4,
  'V6.4': 4,
  'V6.5': 5,
  'V6.6': 3,
  'V6.8': 4,
  'V7.1': 3,
  'V7.2': 4,
  'V7.3': 2,
  'V7.4': 5,
  'V7.5': 2,
  'V7.6': 2,
  'V8.1': 2,
  'V8.2': 3,
  'V8.3': 1,
  'V8.4': 1,
  'V9.1': 3,
  'V9.2': 4,
  'V10.1': 2,
  'V10.2': 2,
  'V10.3': 4,
  'V10.4': 11,
  'V10.5': 5,
  'V10.6': 2,
  'V10.7': 3,
  'V11.1': 2,
  'V11.2': 3,
  'V11.3': 3,
  'V11.4': 4,
  'V11.5': 1,
  'V11.6': 1,
  'V12.1': 3,
  'V12.2': 2,
  'V12.3': 4,
  'V13.1': 1,
  'V13.2': 5,
  'V13.3': 2,
  'V13.4': 5,
  'V14.1': 2,
  'V14.2': 4,
  'V14.3': 3,
  'V15.1': 3,
  'V15.2': 3,
  'V15.3': 7,
  'V16.1': 1,
  'V16.2': 5,
  'V16.3': 4,
  'V16.4': 3,
  'V16.5': 3,
  'V17.1': 1,
  'V17.2': 4,
  'V17.3': 2,
}
/** 70 of level 1 and 183 of level 2. */
const ALL = 253
const STATES = ['yes', 'part', 'no', 'none'] as const
const ROW = /^\| (V\d+\.\d+)\.(\d+)(?:–(\d+))? \| ([^|]+) \| (\w+) \| ([^|]+) \|$/gm

const file = join(repositoryRoot, 'docs', 'asvs.md')
const text = readFileSync(file, 'utf8')
const rows = [...text.matchAll(ROW)].map(([, section = '', from = '', to = from, , state = '', where = '']) => ({
  ids: Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => `${section}.${Number(from) + at}`),
  state,
  where,
}))

test('every requirement of levels 1 and 2 stands there once', () => {
  const expected = Object.entries(SECTIONS).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, at) => `${section}.${at + 1}`),
  )
  assert.equal(expected.length, ALL)
  assert.deepEqual(
    rows.flatMap(({ ids }) => ids),
    expected,
  )
  assert.equal(rows.length, text.match(/^\| V\d/gm)?.length, 'a row that is written otherwise')
})

test('each has a state, and what is met a file, a test or a document', () => {
  for (const { ids, state, where } of rows) {
    assert.ok((STATES as readonly string[]).includes(state), `${ids[0]}: ${state}`)
    assert.ok(where.trim().length > 4, `${ids[0]} says nothing of where`)
  }
})

test('the sums are those of the rows', () => {
  const sum = (state: string): number =>
    rows.filter(each => each.state === state).reduce((total, { ids }) => total + ids.length, 0)
  const [yes, part, no, none] = STATES.map(sum)
  const line = `${ALL} requirements: ${yes} yes, ${part} in part, ${no} no, ${none} about what is not here.`
  const written = text.replace(/<!-- counts -->\n(?:\n[^\n#]+\n)?/, `<!-- counts -->\n\n${line}\n`)
  if (process.env['UPDATE_DOCS'] === 'true') writeFileSync(file, written)
  else assert.equal(text, written)
})
