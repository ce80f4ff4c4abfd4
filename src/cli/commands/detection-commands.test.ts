import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { DetectionFile } from '../../api/detection-operations.ts'
import { createFakeTerminal } from '../fake-ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-detections-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const RULE = '192bea9c-e2ef-47bf-81f4-cea301a6c40d'

test('detections list and show say what a rule is, and when it is wrong', async () => {
  const terminal = createFakeTerminal()
  const listed = await terminal.run('detections', 'list')
  assert.equal(listed.exit, 0)
  assert.match(listed.out, /192bea9c-\S+ +medium +on +ringfence +Somebody guesses passwords/)
  const shown = await terminal.run('detections', 'show', RULE)
  assert.match(shown.out, /May be +A phone whose password was changed/)
  assert.equal(JSON.parse((await terminal.run('detections', 'show', RULE, '--json')).out).id, RULE)
})

test('detections status exits with 1 while a rule cannot be used, and shows nothing that a file says raw', async () => {
  const terminal = createFakeTerminal()
  assert.equal((await terminal.run('detections', 'status')).exit, 0)
  const problems = [{ file: 'a.yml', where: 'line 3', problem: 'bad \u001b[31m thing' }]
  terminal.state.detections.status = { ...terminal.state.detections.status, problems }
  const status = await terminal.run('detections', 'status')
  assert.equal(status.exit, 1)
  assert.match(status.out, /PROBLEM a\.yml, line 3: bad/)
  assert.equal(status.out.includes('\u001b'), false)
  assert.equal((await createFakeTerminal({ live: false }).run('detections', 'reload')).exit, 3)
})

test('detections test hands over the files, the streams beside them, and whole folders', async () => {
  let given: readonly DetectionFile[] = []
  const outcome = { id: 'a', title: 'A rule', file: 'a.yml', attack: 1, benign: 0, outcome: 'passed' as const }
  let rules: (
    | typeof outcome
    | { id: string; title: string; file: string; attack: null; benign: null; outcome: 'untested' }
  )[] = [outcome]
  const terminal = createFakeTerminal({
    ports: {
      async testDetections(files) {
        given = files
        return { rules, problems: [] }
      },
    },
  })
  writeFileSync(join(folder, 'a.yml'), 'title: a')
  writeFileSync(join(folder, 'a.streams.yaml'), 'rule: a')
  const names = () => given.map(each => each.name).toSorted()
  assert.equal((await terminal.run('detections', 'test', join(folder, 'a.yml'))).exit, 0)
  assert.deepEqual(names(), ['a.streams.yaml', 'a.yml'])
  const passed = await terminal.run('detections', 'test', folder)
  assert.deepEqual(names(), ['a.streams.yaml', 'a.yml'])
  assert.match(passed.out, /A rule +found 1 +found 0 +passed/)
  rules = [{ ...outcome, attack: null, benign: null, outcome: 'untested' }]
  assert.equal((await terminal.run('detections', 'test', folder)).exit, 1)
  const missing = await terminal.run('detections', 'test', join(folder, 'none.yml'))
  assert.equal(missing.exit, 1)
  assert.match(missing.err, /none\.yml does not exist/)
  writeFileSync(join(folder, 'b.yml'), 'x'.repeat(70_000))
  assert.match((await terminal.run('detections', 'test', join(folder, 'b.yml'))).err, /longer than 65536/)
})

test('detections run asks for a time, and shows what was found on what', async () => {
  const terminal = createFakeTerminal()
  terminal.state.detections.found = [
    {
      rule: RULE,
      title: 'Somebody guesses passwords of phone accounts',
      level: 'medium',
      at: Date.UTC(2026, 10, 22, 11),
      group: { source: '198.51.100.7' },
      count: 10,
      events: [{ id: '019ac3b2-0000-7000-8000-000000000000', type: 'authentication.failed', at: 0 }],
    },
  ]
  const run = await terminal.run('detections', 'run', '--since', '2h', '--rule', RULE)
  assert.equal(run.exit, 0)
  assert.match(run.out, /source 198\.51\.100\.7 +019ac3b2/)
  assert.deepEqual(terminal.state.asked.at(-1), ['detectionsRun', { since: Date.UTC(2026, 10, 22, 10), rules: [RULE] }])
  assert.equal((await terminal.run('detections', 'run')).exit, 2)
  assert.equal((await terminal.run('detections', 'run', '--since', 'yesterday')).exit, 2)
})
