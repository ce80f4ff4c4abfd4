import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXAMPLES } from '../../src/config/examples.ts'
import { configurationSchema } from '../../src/config/schema.ts'
import { repositoryRoot } from '../support/places.ts'

const document = readFileSync(join(repositoryRoot, 'docs/configuration.md'), 'utf8')

const rows = new Map(
  document.split('\n').flatMap(line => {
    const [, key = '', fallback = ''] = line.split('|').map(cell => cell.trim())
    const name = /^`([A-Za-z.]+)`$/.exec(key)?.[1]
    return name === undefined || /\.(pem|yaml)$/.test(name) ? [] : [[name, fallback] as const]
  }),
)

/** The values in force where nothing is configured: `media.portFrom` and its like. */
function defaults(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, inner]) => defaults(inner, path === '' ? key : `${path}.${key}`))
}

test('docs/configuration.md has a row for each setting', () => {
  const groups = new Set(
    Object.keys(EXAMPLES).flatMap(key => (key.includes('.') ? [key.slice(0, key.lastIndexOf('.'))] : [])),
  )
  const settings = Object.keys(EXAMPLES).filter(key => !groups.has(key))
  assert.deepEqual([...rows.keys()].toSorted(), settings.toSorted())
})

test('the defaults are those of the schema', () => {
  for (const [key, value] of defaults(configurationSchema.parse({}), '')) {
    if (rows.has(key)) assert.equal(rows.get(key)?.replaceAll('`', ''), value.replaceAll(',', ', '), key)
  }
})
