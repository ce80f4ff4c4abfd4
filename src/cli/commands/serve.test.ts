import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'
import type { ReadyDocument, RunningServer, ServeOptions } from '../ports.ts'

const READY: ReadyDocument = {
  sipTls: { address: '127.0.0.1', port: 5061 },
  https: { address: '127.0.0.1', port: 8443 },
  listeners: [
    { transport: 'TLS', address: '0.0.0.0', port: 5061 },
    { transport: 'TLS', address: '::', port: 5061 },
  ],
  ca: '/data/ca.pem',
  version: '0.1.0',
}

interface FakeServer {
  readonly server: RunningServer
  readonly done: string[]
  calls: number
  draining: boolean
  endCalls(): void
  breakDown(error: Error): void
}

function fakeServer(): FakeServer {
  const done: string[] = []
  let stopped: (error: Error | undefined) => void = () => {}
  let drained: () => void = () => {}
  const fake: FakeServer = {
    done,
    calls: 0,
    draining: false,
    endCalls() {
      drained()
    },
    breakDown: error => stopped(error),
    server: {
      ready: READY,
      domain: 'pbx.example.com',
      weakened: ['plain SIP'],
      liveCalls: () => fake.calls,
      draining: () => fake.draining,
      stopped: new Promise(resolve => {
        stopped = resolve
      }),
      drain(limitMs) {
        done.push(`drain ${limitMs}`)
        return new Promise<void>(resolve => {
          drained = () => {
            stopped(undefined)
            resolve()
          }
        })
      },
      async stop() {
        done.push('stop')
        drained()
        stopped(undefined)
      },
    },
  }
  return fake
}

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-serve-'))
  context.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('flags reach the server, the ready file appears and goes', async context => {
  const readyFile = join(folder(context), 'ready.json')
  const fake = fakeServer()
  let given: ServeOptions | undefined
  const terminal = createFakeTerminal({
    ports: {
      async serve(options) {
        given = options
        setImmediate(() => {
          assert.deepEqual(JSON.parse(readFileSync(readyFile, 'utf8')), READY)
          terminal.signal('SIGTERM')
          fake.endCalls()
        })
        return fake.server
      },
    },
  })
  const { exit, out, err } = await terminal.run(
    'serve',
    '--data',
    '/d',
    '--config',
    'c.yaml',
    '--listen',
    '127.0.0.1',
    '::1',
    '--sip-tls-port',
    '0',
    '--https-port',
    '0',
    '--allow-insecure-udp',
    '127.0.0.1:5060',
    '--domain',
    'x.example',
    '--ready-file',
    readyFile,
  )
  assert.equal(exit, 0, err)
  assert.deepEqual(given, {
    data: '/d',
    config: 'c.yaml',
    listen: ['127.0.0.1', '::1'],
    sipTlsPort: '0',
    httpsPort: '0',
    allowInsecureUdp: '127.0.0.1:5060',
    domain: 'x.example',
  })
  assert.match(out, /^Ringfence 0\.1\.0 takes calls for pbx\.example\.com\.$/m)
  assert.match(out, /^ {2}SIP over TLS port 5061 on 0\.0\.0\.0 and ::$/m)
  assert.match(out, /^ {2}WEAKENED: plain SIP$/m)
  assert.deepEqual(fake.done, ['drain 60000'])
  assert.equal(existsSync(readyFile), false)
})

test('a second signal ends the calls that the first one waits for', async () => {
  const fake = fakeServer()
  fake.calls = 3
  const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
  const running = terminal.run('serve')
  await new Promise(setImmediate)
  terminal.signal('SIGINT')
  await new Promise(setImmediate)
  assert.deepEqual(fake.done, ['drain 60000'])
  terminal.signal('SIGINT')
  const { exit, err } = await running
  assert.equal(exit, 0)
  assert.deepEqual(fake.done, ['drain 60000', 'stop'])
  assert.match(err, /^SIGINT: no new calls; 3 live calls may go on for 60 s\.$/m)
})

test('the time to drain reaches the server; 0 is one', async () => {
  for (const seconds of ['5', '0']) {
    const fake = fakeServer()
    const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
    const running = terminal.run('serve', '--drain-time', seconds)
    await new Promise(setImmediate)
    terminal.signal('SIGTERM')
    fake.endCalls()
    assert.equal((await running).exit, 0)
    assert.deepEqual(fake.done, [`drain ${seconds}000`.replace(/^drain 0+$/, 'drain 0')])
  }
})

test('a signal after an operator asked for a stop ends the calls at once', async () => {
  const fake = fakeServer()
  fake.draining = true
  const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
  const running = terminal.run('serve')
  await new Promise(setImmediate)
  terminal.signal('SIGTERM')
  assert.equal((await running).exit, 0)
  assert.deepEqual(fake.done, ['stop'])
})

test('a system that breaks down ends with 1 and says why', async () => {
  const fake = fakeServer()
  const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
  const running = terminal.run('serve')
  await new Promise(setImmediate)
  fake.breakDown(new Error('the store is gone'))
  const { exit, err } = await running
  assert.equal(exit, 1)
  assert.match(err, /the system stopped: the store is gone/)
})

test('a ready file that cannot be written stops the server', async () => {
  const fake = fakeServer()
  const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
  const { exit, err } = await terminal.run('serve', '--ready-file', '/nowhere/ready.json')
  assert.equal(exit, 1)
  assert.match(err, /--ready-file \/nowhere\/ready\.json cannot be written/)
  assert.deepEqual(fake.done, ['stop'])
})

test('with --json the ready document is all that is printed', async () => {
  const fake = fakeServer()
  const terminal = createFakeTerminal({ ports: { serve: async () => fake.server } })
  const running = terminal.run('serve', '--json')
  await new Promise(setImmediate)
  terminal.signal('SIGTERM')
  fake.endCalls()
  const { out, err } = await running
  assert.deepEqual(JSON.parse(out), READY)
  assert.equal(err, '')
})

test('a signal during the start stops the system once it has started', async () => {
  const fake = fakeServer()
  let ready: () => void = () => {}
  const terminal = createFakeTerminal({
    ports: { serve: () => new Promise(resolve => (ready = () => resolve(fake.server))) },
  })
  const running = terminal.run('serve')
  await new Promise(setImmediate)
  terminal.signal('SIGTERM')
  ready()
  const { exit, out } = await running
  assert.equal(exit, 0)
  assert.equal(out, '')
  assert.deepEqual(fake.done, ['stop'])
})
