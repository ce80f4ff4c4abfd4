import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EVENT_SEVERITY } from '../../src/events/catalogue.ts'
import { repositoryRoot } from '../support/places.ts'

const document = readFileSync(join(repositoryRoot, 'docs/events.md'), 'utf8')

interface Row {
  readonly type: string
  readonly severity: string
  readonly fields: readonly string[]
}

const rows: readonly Row[] = document.split('\n').flatMap(line => {
  const [, type, severity = '', , fields = ''] = line.split('|').map(cell => cell.trim())
  const name = /^`([a-z-]+\.[a-z-]+)`$/.exec(type ?? '')?.[1]
  return name === undefined
    ? []
    : [{ type: name, severity, fields: [...fields.matchAll(/`(\w+)`/g)].map(each => each[1]!) }]
})

/** Names of the fields at the first level of each event in the source. */
function fieldsOf(type: string): readonly string[] {
  for (const file of globSync('src/events/*-events.ts', { cwd: repositoryRoot })) {
    const text = readFileSync(join(repositoryRoot, file), 'utf8')
    const [, shared, body] = new RegExp(`^  '${type}': (\\w*)(?: & )?(?:\\{([\\s\\S]*?)\\})?$`, 'm').exec(text) ?? []
    if (shared === undefined) continue
    const common = new RegExp(`^export interface ${shared || '-'} \\{([\\s\\S]*?)^\\}$`, 'm').exec(text)?.[1] ?? ''
    return [...`${common}${body ?? ''}`.matchAll(/readonly (\w+)\??:/g)].map(each => each[1]!)
  }
  return []
}

test('docs/events.md has one row for each event, with its severity', () => {
  assert.deepEqual(
    rows.map(({ type, severity }) => `${type} ${severity}`).toSorted(),
    Object.entries(EVENT_SEVERITY)
      .map(entry => entry.join(' '))
      .toSorted(),
  )
})

test('each row names the fields that the event has', () => {
  for (const { type, fields } of rows) assert.deepEqual([...fields].toSorted(), [...fieldsOf(type)].toSorted(), type)
})
