import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { readPassword, type SecretSource } from './password-input.ts'

function terminal(isTTY: boolean) {
  const raw: boolean[] = []
  let shown = ''
  const source: SecretSource & PassThrough = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (on: boolean) => raw.push(on),
  })
  return { source, raw, shown: () => shown, output: { write: (text: string) => (shown += text) } }
}

test('what is typed on a terminal is not shown; a wrong character is taken back', async () => {
  const { source, raw, shown, output } = terminal(true)
  const asked = readPassword('Password: ', source, output)
  source.write('secrex')
  source.write('\u007ft\rmore')
  assert.equal(await asked, 'secret')
  assert.equal(shown(), 'Password: \n')
  assert.deepEqual(raw, [true, false])
})

test('Ctrl-C ends it, and the terminal is as it was', async () => {
  const { source, raw, output } = terminal(true)
  const asked = readPassword('Password: ', source, output)
  source.write('sec\u0003')
  await assert.rejects(asked, { message: 'interrupted' })
  assert.deepEqual(raw, [true, false])
})

test('piped in, it is the first line; nothing is no password', async () => {
  const piped = terminal(false)
  piped.source.end('secret\r\nrest')
  assert.equal(await readPassword('Password: ', piped.source, piped.output), 'secret')
  assert.equal(piped.shown(), '')
  const empty = terminal(false)
  empty.source.end()
  await assert.rejects(readPassword('Password: ', empty.source, empty.output), { code: 'COMMAND_USAGE' })
})
