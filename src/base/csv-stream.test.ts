import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCsvReader, type CsvRow, MAXIMUM_ROW_LENGTH } from './csv-stream.ts'

function read(parts: readonly string[]): { rows: CsvRow[]; fault: string | undefined } {
  const reader = createCsvReader()
  const rows = parts.flatMap(part => [...reader.push(part)])
  rows.push(...reader.end())
  return { rows, fault: reader.fault && `${reader.fault.line}: ${reader.fault.message}` }
}

test('quotes, doubled quotes, line ends within them, and lines are counted', () => {
  const { rows } = read(['\ufeffa,b\r\n"x ""y"", z","two\nlines"\r\n\r\n3" tape,4\n5,'])
  assert.deepEqual(rows, [
    { line: 1, fields: ['a', 'b'] },
    { line: 2, fields: ['x "y", z', 'two\nlines'] },
    { line: 5, fields: ['3" tape', '4'] },
    { line: 6, fields: ['5', ''] },
  ])
})

test('however the text is cut, the rows are the same', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', ' '), maxLength: 6 })
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(table, fc.array(fc.nat(60), { maxLength: 8 }), (rows, cuts) => {
      const text = rows.map(fields => `${fields.map(quote).join(',')}\r\n`).join('')
      const places = [...new Set(cuts.map(cut => Math.min(cut, text.length)))].sort((a, b) => a - b)
      const parts = [0, ...places].map((from, index) => text.slice(from, [...places, text.length][index]))
      const { rows: found, fault } = read(parts)
      assert.equal(fault, undefined)
      assert.deepEqual(
        found.map(each => each.fields),
        rows,
      )
    }),
  )
})

test('a quote that is never closed, and a row without end, are said with their line', () => {
  assert.equal(read(['a,b\nc,"d\ne,f\n']).fault, '2: a quote is opened and never closed')
  const { fault } = read(['a,b\n', '"', 'x'.repeat(MAXIMUM_ROW_LENGTH)])
  assert.match(fault ?? '', /^2: a row of more than/)
})
