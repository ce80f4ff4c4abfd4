import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentOf, type Row, readRows } from './document.ts'

const row: Row = {
  section: 'RFC 3261 §9.2',
  scenario: 'a | b',
  demanded: 'nothing | else',
  done: 'as demanded',
  file: 'test/conformance/x.test.ts',
}

test('rows are read as they were written, in the order of their sections', () => {
  const later = { ...row, section: 'RFC 3261 §17.1', file: 'test/conformance/y.test.ts' }
  const text = documentOf([later, row])
  assert.deepEqual(readRows(text), [row, later])
  assert.deepEqual(readRows(text, row.file), [row])
  assert.equal(documentOf(readRows(text)), text)
})
