import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../bin/ringfence', import.meta.url))

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-compile-'))
  context.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function run(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(COMMAND, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

test('what was compiled is kept in the data folder, for its owner alone; that of another release goes', context => {
  const data = folder(context)
  mkdirSync(join(data, 'cache', 'compiled-0.0.1'), { recursive: true, mode: 0o700 })
  writeFileSync(join(data, 'cache', 'compiled-0.0.1', 'old'), '')
  run('version', '--data', data)
  const [own, ...others] = readdirSync(join(data, 'cache'))
  assert.deepEqual(others, [])
  assert.notEqual(own, 'compiled-0.0.1')
  assert.equal(statSync(join(data, 'cache', own!)).mode & 0o777, 0o700)
  assert.ok(readdirSync(join(data, 'cache', own!), { recursive: true }).length > 10)
})

test('nothing is run from where somebody else could write, and no folder is made for a command', context => {
  const data = folder(context)
  chmodSync(data, 0o777)
  run('version', `--data=${data}`)
  assert.deepEqual(readdirSync(data), [])
  chmodSync(data, 0o700)
  mkdirSync(join(data, 'cache'))
  chmodSync(join(data, 'cache'), 0o770)
  run('version', '--data', data)
  assert.deepEqual(readdirSync(join(data, 'cache')), [])
  run('version', '--data', join(data, 'none'))
  assert.equal(existsSync(join(data, 'none')), false)
})
