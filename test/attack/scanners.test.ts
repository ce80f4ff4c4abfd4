/**
 * SIPVicious 0.3.3 against the plain listener that exists as an exception. svmap binds where it is told; svwar and svcrack ignore
 * that and come from 127.0.0.1: one system does not name that source, the other does.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually, freePort } from '../support/places.ts'
import { runProcess } from '../support/processes.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const available = peerVersion('svmap') !== undefined
const NAMED = '127.0.0.50'
const STRANGER = '127.0.0.66'
const USERNAME = 'known-user-100'
/** Of `src/detection/rules/guessing.yml`: the firewall closed the door to a guesser. */
const GUESSING = '7d2e9c14-3b5a-4f68-8a1d-c40f6e8b2d97'
const PASSWORD = 'correct-horse-battery'

interface Target {
  readonly system: Ringfence
  readonly port: number
  readonly domain: string
}

let closed: Target
let open: Target

before(async () => {
  if (!available) return
  closed = await target(`${NAMED}/32`)
  open = await target('127.0.0.1/32')
})

after(() => Promise.all([closed?.system.stop(), open?.system.stop()]))

async function target(sources: string): Promise<Target> {
  const port = await freePort()
  const system = await startRingfence({
    name: 'scanners',
    arguments: ['--allow-insecure-udp', `127.0.0.1:${port}`, '--allow-insecure-sources', sources],
  })
  const { domain } = await system.addPhone('100')
  for (const number of ['101', '102']) await system.addPhone(number)
  const operations = await system.operations()
  accepted(await operations.deviceImport({ devices: [{ extension: '100', username: USERNAME, password: PASSWORD }] }))
  return { system, port, domain }
}

async function scan(at: Target, command: string, ...args: string[]): Promise<string> {
  const { output } = await runProcess(command, ['-p', String(at.port), ...args, '127.0.0.1'], {
    cwd: at.system.data.path,
    timeoutMs: 40_000,
    environment: { HOME: at.system.data.path },
  })
  return output
}

test('svmap: a stranger finds nothing, a named source finds the system', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  for (const method of ['OPTIONS', 'INVITE']) {
    assert.match(await scan(closed, 'svmap', '-b', STRANGER, '-m', method), /found nothing/i)
  }
  // Without this the scan above could be blind.
  assert.match(await scan(closed, 'svmap', '-b', NAMED, '-m', 'REGISTER'), new RegExp(`127\\.0\\.0\\.1:${closed.port}`))
})

test('svwar: a stranger learns no extension', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  const output = await scan(closed, 'svwar', '-e', '99-103', '--force', '--maximumtime=2')
  assert.match(output, /found nothing/i)
})

test('svwar: even a named source learns no extension and no user name', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'svmap')) return
  const dictionary = join(open.system.data.path, 'names.txt')
  writeFileSync(dictionary, `${USERNAME}\nnobody-here\n100\n555\n`)
  for (const method of ['REGISTER', 'INVITE']) {
    const common = ['-m', method, '--domain', open.domain, '--force', '--maximumtime=3', '-d', dictionary]
    const output = await scan(open, 'svwar', ...common)
    const found = [...output.matchAll(/^\|\s*([\w-]+)\s*\|\s*(\w+)/gm)].filter(([, name]) => name !== 'Extension')
    const kinds = new Set(found.map(([, , kind]) => kind))
    // Either nobody is told of, or the same is told of everybody, those who do not exist included.
    assert.ok(found.length === 0 || (found.length === 4 && kinds.size === 1), output)
  }
})

test('svcrack: finds no password, its failures are events, and then even the right one is of no use to it', {
  timeout: 90_000,
}, async t => {
  if (!requirePeers(t, 'svmap')) return
  const dictionary = join(open.system.data.path, 'passwords.txt')
  writeFileSync(dictionary, `${Array.from({ length: 60 }, (_, i) => `guess${i}`).join('\n')}\n${PASSWORD}\n`)
  const output = await scan(
    open,
    'svcrack',
    '-u',
    USERNAME,
    '--domain',
    open.domain,
    '-d',
    dictionary,
    '--maximumtime=5',
  )
  assert.ok(!output.includes(PASSWORD), output)
  const operations = await open.system.operations()
  const events = accepted(await operations.events({ types: ['authentication.failed'], limit: 100 }))
  const failures = events.filter(({ event }) => JSON.stringify(event.data).includes(USERNAME))
  assert.ok(failures.length >= 5, `${failures.length} failures; svcrack said ${output}`)
  const guesser = async (): Promise<true | undefined> => {
    const found = accepted(await operations.events({ types: ['detection.found'], limit: 100 }))
    return found.some(({ event }) => JSON.stringify(event.data).includes(GUESSING)) ? true : undefined
  }
  await eventually(guesser, 15_000, 'a detection of svcrack')
})
