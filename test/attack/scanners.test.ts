/** SIPVicious against the plain listener that exists as an exception: from outside of its networks, and from inside. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { freePort } from '../support/places.ts'
import { runProcess } from '../support/processes.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const available = peerVersion('svmap') !== undefined
const INSIDE = '127.0.0.50'
const OUTSIDE = '127.0.0.66'

let system: Ringfence
let port = 0
let home = ''

before(async () => {
  if (!available) return
  port = await freePort()
  system = await startRingfence({
    name: 'scanners',
    arguments: ['--allow-insecure-udp', `127.0.0.1:${port}`, '--allow-insecure-sources', `127.0.0.1/32,${INSIDE}/32`],
  })
  home = system.data.path
  for (const number of ['100', '101', '102']) await system.addPhone(number)
  const operations = await system.operations()
  const password = 'correct-horse-battery'
  accepted(await operations.deviceImport({ devices: [{ extension: '100', username: 'known-user-100', password }] }))
})

after(() => system?.stop())

function scan(command: string, from: string, ...args: string[]) {
  return runProcess(command, ['-b', from, '-p', String(port), ...args], {
    cwd: home,
    timeoutMs: 40_000,
    environment: { HOME: home },
  })
}

test('svmap from outside finds no SIP device', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  for (const method of ['OPTIONS', 'REGISTER', 'INVITE']) {
    const { output } = await scan('svmap', OUTSIDE, '-m', method, '127.0.0.1')
    assert.match(output, /found nothing/i, output)
  }
})

test('svwar from outside learns no extension', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  const { output } = await scan('svwar', OUTSIDE, '-e', '98-104', '--maximumtime=2', '127.0.0.1')
  assert.ok(!/\b10[012]\b.*(reqauth|noauth)/i.test(output), output)
})

test('svwar from inside learns no extension and no user name', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  const dictionary = join(home, 'names.txt')
  writeFileSync(dictionary, 'known-user-100\nnobody-here\n100\n555\n')
  for (const method of ['REGISTER', 'INVITE', 'OPTIONS']) {
    for (const what of [
      ['-e', '98-104'],
      ['-d', dictionary],
    ]) {
      const { output } = await scan('svwar', INSIDE, '-m', method, '--force', '--maximumtime=3', ...what, '127.0.0.1')
      const found = [...output.matchAll(/^\|\s*([\w-]+)\s*\|\s*(\w+)/gm)].filter(([, name]) => name !== 'Extension')
      const kinds = new Set(found.map(([, , kind]) => kind))
      const names = new Set(found.map(([, name]) => name))
      // Either nothing is told of anybody, or the same of everybody, those who do not exist included.
      assert.ok(kinds.size <= 1, output)
      if (names.has('100')) assert.ok(names.has('99') || names.has('555'), output)
      if (names.has('known-user-100')) assert.ok(names.has('nobody-here'), output)
    }
  }
})

test('svcrack finds no password, and its failures are events', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  const dictionary = join(home, 'passwords.txt')
  writeFileSync(dictionary, `${Array.from({ length: 60 }, (_, i) => `guess${i}`).join('\n')}\ncorrect-horse-battery\n`)
  const { output } = await scan(
    'svcrack',
    INSIDE,
    '-u',
    'known-user-100',
    '-d',
    dictionary,
    '--maximumtime=10',
    '127.0.0.1',
  )
  assert.ok(!/correct-horse-battery/.test(output), output)
  const events = await (await system.operations()).events({
    types: ['authentication.failed', 'registration.refused'],
    limit: 100,
  })
  assert.ok(JSON.stringify(accepted(events)).includes(INSIDE))
})
