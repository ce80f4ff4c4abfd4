/** Holds every import under src/ against the table in ARCHITECTURE.md. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src')
const COMPUTATION = new Set(['buffer', 'util', 'events', 'assert', 'url', 'string_decoder', 'perf_hooks', 'module'])

interface Room {
  readonly name: string
  readonly imports: ReadonlyMap<string, 'value' | 'types'>
  readonly everything: boolean
  readonly modules: ReadonlySet<string>
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly typeOnly: boolean
}

function readTable(): Room[] {
  const rooms: Room[] = []
  for (const line of readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n')) {
    const cells = line.split('|').map(cell => cell.trim())
    const name = /^`([^`]+)`$/.exec(cells[1] ?? '')?.[1]
    if (name === undefined || cells.length < 6) continue
    const imports = new Map<string, 'value' | 'types'>()
    for (const entry of cells[3]!.split(',').map(text => text.trim())) {
      if (entry === '-' || entry === '*') continue
      imports.set(entry.replace(/ \(types\)$/, ''), entry.endsWith('(types)') ? 'types' : 'value')
    }
    const modules = cells[4] === 'none' ? [] : cells[4]!.split(',').map(text => text.trim())
    rooms.push({ name, imports, everything: cells[3] === '*', modules: new Set(modules) })
  }
  return rooms
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const found: Import[] = []
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?([^'"]*?from\s*)?['"]([^'"]+)['"]/gm)) {
    found.push({ file, specifier: match[3]!, typeOnly: match[1] !== undefined })
  }
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ file, specifier: match[1]!, typeOnly: false })
  }
  for (const match of text.matchAll(/new URL\(\s*['"](\.[^'"]+\.ts)['"]\s*,\s*import\.meta\.url/g)) {
    found.push({ file, specifier: match[1]!, typeOnly: false })
  }
  return found
}

const rooms = readTable()
const files = sourceFiles(source)

function roomOf(file: string): Room | undefined {
  const path = relative(source, file)
  let best: Room | undefined
  for (const room of rooms) {
    const inside = path === room.name || path.startsWith(`${room.name}/`)
    if (inside && (best === undefined || room.name.length > best.name.length)) best = room
  }
  return best
}

test('the table names every room and every file under src/ lies in one', () => {
  assert.ok(rooms.length >= 20, `only ${rooms.length} rows were read`)
  assert.ok(files.length > 0)
  assert.deepEqual(
    files.filter(file => roomOf(file) === undefined).map(file => relative(root, file)),
    [],
  )
})

test('no import leaves the table', () => {
  const offences: string[] = []
  for (const { file, specifier, typeOnly } of files.flatMap(importsOf)) {
    const room = roomOf(file)!
    const where = `${relative(root, file)} imports ${specifier}`
    if (specifier.startsWith('.')) {
      const target = roomOf(resolve(dirname(file), specifier))
      if (target === undefined) offences.push(`${where}: outside every room`)
      else if (target.name !== room.name && target.name !== 'base' && !room.everything) {
        const allowed = room.imports.get(target.name)
        if (allowed === undefined) offences.push(`${where}: ${room.name} may not import ${target.name}`)
        else if (allowed === 'types' && !typeOnly)
          offences.push(`${where}: ${room.name} may import only types of ${target.name}`)
      }
      continue
    }
    const bare = specifier.replace(/^node:/, '').split('/')[0]!
    if (!builtinModules.includes(bare)) continue
    if (!specifier.startsWith('node:')) offences.push(`${where}: spell it node:${bare}`)
    if (!COMPUTATION.has(bare) && !room.everything && !room.modules.has('*') && !room.modules.has(bare) && !typeOnly) {
      offences.push(`${where}: ${room.name} has no ${bare}`)
    }
  }
  assert.deepEqual(offences, [])
})

test('the rooms form no cycle', () => {
  const edges = new Map<string, Set<string>>()
  for (const { file, specifier, typeOnly } of files.flatMap(importsOf)) {
    if (!specifier.startsWith('.') || typeOnly) continue
    const from = roomOf(file)!.name
    const to = roomOf(resolve(dirname(file), specifier))?.name
    if (to !== undefined && to !== from) edges.set(from, (edges.get(from) ?? new Set()).add(to))
  }
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), `cycle: ${[...path, name].join(' -> ')}`)
    if (done.has(name)) return
    for (const next of edges.get(name) ?? []) visit(next, [...path, name])
    done.add(name)
  }
  for (const name of edges.keys()) visit(name, [])
})

test('only config reads the environment, only base/random makes randomness', () => {
  const offences: string[] = []
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    const name = relative(source, file)
    if (/process\.env\b/.test(text) && !name.startsWith('config/')) offences.push(`${name}: process.env`)
    if (/Math\.random/.test(text)) offences.push(`${name}: Math.random`)
    if (
      /\b(randomBytes|randomUUID|randomFillSync|randomInt)\b[^;\n]*from 'node:crypto'/.test(text) &&
      name !== 'base/random.ts'
    ) {
      offences.push(`${name}: node:crypto randomness`)
    }
  }
  assert.deepEqual(offences, [])
})
