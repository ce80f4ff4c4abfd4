import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const layer = new URL('./transport-layer.ts', import.meta.url).href
const clock = new URL('../../base/clock.ts', import.meta.url).href

/** Takes every file descriptor but two, lets 20 peers knock, gives the descriptors back, lets one more knock. */
const SCRIPT = `
import { openSync, closeSync } from 'node:fs'
import { connect } from 'node:net'
import { createTransportLayer } from '${layer}'
import { systemClock } from '${clock}'
let opened = 0, said = 0
const transport = createTransportLayer({
  listeners: [{ protocol: 'TCP', address: '127.0.0.1', port: 0 }], tls: undefined, clock: systemClock,
  observer: { flowOpened: () => opened++, listenerFailing: (_listener, code) => { said++; console.log(code) } },
})
await transport.start()
const knock = () => new Promise(resolve => {
  const socket = connect({ port: transport.listeners[0].port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.on('close', () => resolve('closed'))
  socket.on('connect', () => setTimeout(resolve, 200, socket))
})
const taken = []
for (;;) try { taken.push(openSync('/dev/null', 'r')) } catch { break }
for (let i = 0; i < 5; i++) { closeSync(taken.pop()); await knock() }
for (;;) try { taken.push(openSync('/dev/null', 'r')) } catch { break }
while (said === 0) await new Promise(resolve => setTimeout(resolve, 50))
await new Promise(resolve => setTimeout(resolve, 1200))
const during = opened
for (const descriptor of taken) closeSync(descriptor)
const last = await knock()
console.log(JSON.stringify({ said, later: opened - during, alive: last !== 'closed' }))
process.exit(0)
`

test('without file descriptors the listener says so once and goes on', {
  skip: process.platform !== 'linux',
}, async () => {
  const command = `ulimit -n 64; exec "$0" --input-type=module -e "$1"`
  const child = spawn('/bin/sh', ['-c', command, process.execPath, SCRIPT], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (errors += chunk))
  const code = await new Promise(resolve => child.once('close', resolve))
  assert.equal(code, 0, errors)
  const lines = output.trim().split('\n')
  assert.deepEqual(lines.slice(0, -1), ['EMFILE'])
  assert.deepEqual(JSON.parse(lines.at(-1)!), { said: 1, later: 1, alive: true })
})
