import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packagedRules } from './packaged-rules.ts'
import { fingerprintOf, readRuleFolder } from './rule-folder.ts'
import { inForce, ruleSet } from './rule-set.ts'

const root = mkdtempSync(join(tmpdir(), 'ringfence-detection-folder-'))
after(() => rmSync(root, { recursive: true, force: true }))

let made = 0
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(root, String(made++))
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const rule = (id: string, value = 'x'): string =>
  `title: ${id}\nid: ${id}\nlevel: low\nlogsource: {}\ndetection: { a: { data.reason: ${value} }, condition: a }\n`

test('files that are broken in every way are said by name, and the others count', async () => {
  const folder = folderOf({
    'a.yml': rule('good-a'),
    'b.yaml': `${rule('good-b')}---\nid: half`,
    'c.yml': 'title: [',
    'd.yml': new Uint8Array([0x74, 0xff, 0xfe, 0x00]),
    'e.yml': 'x'.repeat(70_000),
    'f.txt': 'nothing of ours',
    'g.streams.yaml': 'rule: good-a',
    'h.yml': `${rule('many')}\n---\n`.repeat(200),
    'empty.yml': '',
  })
  mkdirSync(join(folder, 'folder.yml'))
  assert.equal(spawnSync('mkfifo', [join(folder, 'pipe.yml')]).status, 0)
  const { rules, faults } = await readRuleFolder(folder)
  assert.deepEqual(
    rules.map(each => each.id),
    ['good-a', 'good-b'],
  )
  const said = new Map(faults.map(each => [each.source, `${each.where}: ${each.message}`]))
  assert.match(said.get('b.yaml')!, /^title: is missing/)
  assert.match(said.get('c.yml')!, /^line \d/)
  assert.match(said.get('d.yml')!, /UTF-8|encoded/)
  assert.match(said.get('e.yml')!, /longer than 65536/)
  assert.match(said.get('h.yml')!, /more than 100 rules/)
  assert.match(said.get('folder.yml')!, /is no file/)
  assert.match(said.get('pipe.yml')!, /is no file/)
  assert.equal(faults.length, 7)
})

test('a folder that is not there is a fault and no exception', async () => {
  const { rules, faults, fingerprint } = await readRuleFolder(join(root, 'none'))
  assert.deepEqual([rules.length, faults[0]?.message, fingerprint], [0, 'does not exist', ''])
})

test('a change of a file, one that came and one that went are seen', async () => {
  const folder = folderOf({ 'a.yml': rule('a') })
  const first = await fingerprintOf(folder)
  assert.equal(await fingerprintOf(folder), first)
  utimesSync(join(folder, 'a.yml'), 1, 1)
  const second = await fingerprintOf(folder)
  assert.notEqual(second, first)
  writeFileSync(join(folder, 'b.yml'), rule('b'))
  assert.notEqual(await fingerprintOf(folder), second)
  assert.equal((await readRuleFolder(folder)).fingerprint, await fingerprintOf(folder))
})

test('patterns that would take long are bounded in number and length, and refused where they are not linear', async () => {
  const patterns = (count: number): string => `[${Array.from({ length: count }, () => `'a+b'`).join(', ')}]`
  const withRe = (id: string, values: string): string => rule(id).replace('data.reason: x', `data.reason|re: ${values}`)
  const folder = folderOf({
    'few.yml': withRe('few', patterns(200)),
    'many.yml': withRe('many', patterns(900)),
    'wide.yml': withRe('wide', `'(a?){500}(a?){499}[bc]'`),
    'long.yml': withRe('long', `'${'a'.repeat(1_001)}'`),
    'look.yml': withRe('look', `'(?<=a)b'`),
    'back.yml': withRe('back', `'(a)\\1'`),
    'huge.yml': withRe('huge', `'((a{1000}){1000}){1000}'`),
  })
  const { rules, faults } = await readRuleFolder(folder)
  assert.deepEqual(
    rules.map(each => each.id),
    ['few'],
  )
  assert.deepEqual(
    faults.map(each => each.source),
    ['back.yml', 'huge.yml', 'long.yml', 'look.yml', 'many.yml', 'wide.yml'],
  )
})

test('nobody replaces a rule by another of its id or name, and what is switched off still carries others', async () => {
  const { rules: packaged } = packagedRules()
  const [first] = packaged
  const folder = folderOf({
    'a.yml': rule(first!.id),
    'b.yml': rule('mine').replace('level: low', 'level: low\nname: wrong-credentials'),
    'c.yml': rule('mine'),
  })
  const { rules: own } = await readRuleFolder(folder)
  const base = packaged.find(each => each.title === 'A source looks for extensions or gateways')!
  const { rules, faults } = ruleSet({ packaged, own, disabled: [base.id, 'nothing'] })
  assert.deepEqual(
    faults.map(({ source, where }) => `${source} ${where}`),
    ['a.yml id', 'b.yml name', 'the configuration detections.disabled'],
  )
  assert.equal(rules.length, packaged.length + 1)
  const running = inForce(rules)
  assert.equal(running.length, rules.length)
  assert.equal(running.find(each => each.id === base.id)?.base, true)
  assert.equal(running.find(each => each.id === 'mine')?.base, false)
})
