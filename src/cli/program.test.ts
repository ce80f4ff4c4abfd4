import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeTerminal } from './fake-ports.ts'
import { buildProgram, everyCommand } from './program.ts'
import { createRunner } from './runner.ts'

test('the data folder may be named before or after the command', async () => {
  const { run, opened } = createFakeTerminal()
  await run('--data', '/a', 'extension', 'list')
  await run('extension', '--data', '/b', 'list')
  await run('extension', 'list', '--data', '/c', '--json')
  await run('extension', 'list')
  assert.deepEqual(opened, ['/a', '/b', '/c', '/var/lib/ringfence'])
})

test('every command has a description and an example, and its help ends well', async () => {
  const { ports, run } = createFakeTerminal()
  for (const command of everyCommand(buildProgram(createRunner(ports)))) {
    assert.notEqual(command.description(), '', command.name())
    const path = []
    for (let each = command; each.parent !== null; each = each.parent) path.unshift(each.name())
    const { exit, out, err } = await run(...path, '--help')
    assert.equal(exit, 0)
    assert.equal(err, '')
    assert.match(out, /\$ ringfence /, path.join(' '))
    assert.match(out, /--data/, path.join(' '))
  }
})

test('mistakes on the command line end with 2 and say what to do', async () => {
  const { run } = createFakeTerminal()
  for (const [line, expected] of [
    [['extensoin'], /unknown command 'extensoin'[\s\S]*Did you mean extension/],
    [['extension', 'ad'], /unknown command 'ad'/],
    [['extension', 'list', '--nam'], /unknown option '--nam'/],
    [['extension', 'add'], /missing required argument 'number'/],
    [['device', 'add'], /required option '--extension <number>'/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['calls', '--limit', '0'], /--limit 0: is not a number from 1 to 1000/],
    [['events', '--since', 'yesterday'], /--since yesterday: is no time; for example --since 15m/],
    [['events', '--type', 'cal.ended'], /there is no such event; did you mean call\.ended\?/],
    [['serve', '--drain-time', 'x'], /--drain-time x/],
  ] as const) {
    const { exit, out, err } = await run(...line)
    assert.equal(exit, 2, line.join(' '))
    assert.match(err, expected)
    assert.equal(out, '')
  }
})

test('no command prints the help and ends with 2', async () => {
  const { run } = createFakeTerminal()
  const { exit, err } = await run()
  assert.equal(exit, 2)
  assert.match(err, /Exit codes: 0 done/)
})

test('an old runtime is refused before anything else', async () => {
  const { run, opened } = createFakeTerminal({ ports: { nodeVersion: 'v20.19.2' } })
  const { exit, err } = await run('extension', 'list')
  assert.equal(exit, 2)
  assert.match(err, /^ringfence: Node\.js v20\.19\.2 is not supported: 24\.15\.0 or newer is needed\. "npm ci"/)
  assert.deepEqual(opened, [])
})

test('the version, for people and for programs', async () => {
  const { run } = createFakeTerminal()
  assert.match((await run('version')).out, /^ringfence 0\.1\.0 on Node\.js v26\.10\.0 \(fixes until 2029-04-30\)\n$/)
  assert.equal(JSON.parse((await run('version', '--json')).out).version, '0.1.0')
  assert.equal((await run('--version')).out, '0.1.0\n')
})

test('errors are one line, or one JSON object, with an exit code by their kind', async () => {
  const failing = (code: string) =>
    createFakeTerminal({
      ports: { openOperations: () => Promise.reject(Object.assign(new Error('first line\nsecond'), { code })) },
    })
  for (const [code, exit] of [
    ['STORE_IN_USE', 4],
    ['CONTROL_FORBIDDEN', 3],
    ['CONFIG_INVALID_VALUE', 2],
    ['KEYS_MASTER_KEY_EXPOSED', 1],
  ] as const) {
    const { run } = failing(code)
    assert.deepEqual(await run('extension', 'list'), { exit, out: '', err: 'ringfence: first line\n' })
    const { err } = await run('extension', 'list', '--json')
    assert.deepEqual(JSON.parse(err), { error: { code, message: 'first line' } })
  }
})
