/** Messages of a real call, sent as HEP version 3, as sngrep reads them: which dialogs, between whom, and no secret. */
import assert from 'node:assert/strict'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { requirePeers } from '../support/peers.ts'
import { eventually, freePort, temporaryFolder } from '../support/places.ts'
import { runProcess, startProcess } from '../support/processes.ts'
import { startRingfence } from '../support/ringfence.ts'

test('sngrep shows the legs of a call, message by message', { timeout: 90_000 }, async context => {
  if (!requirePeers(context, 'sngrep', 'tshark')) return
  const folder = temporaryFolder('homer')
  context.after(() => folder.remove())
  const port = await freePort()
  const captured = join(folder.path, 'homer.pcap')
  const sngrep = startProcess('sngrep', ['-F', '-N', '-q', '-L', `udp:127.0.0.1:${port}`, '-O', captured])
  context.after(() => sngrep.stop())
  const config = join(folder.path, 'settings.yaml')
  const homer = { host: '127.0.0.1', port, allowInsecureUdp: true }
  writeFileSync(config, JSON.stringify({ trace: { keep: 'none', homer } }), { mode: 0o600 })
  const system = await startRingfence({ name: 'homer', arguments: ['--config', config] })
  context.after(() => system.stop())
  for (const number of ['101', '102']) await system.addExtension(number)
  await eventually(() => existsSync(captured), 10_000, 'sngrep listens')
  const called = await system.run('testcall', '101', '102')
  assert.equal(called.code, 0, called.output)
  const lines = await eventually(
    async () => {
      if (statSync(captured).size < 100) return undefined
      const fields = ['-e', 'sip.Call-ID', '-e', 'sip.Request-Line', '-e', 'sip.Status-Line', '-e', 'frame.protocols']
      const shown = await runProcess('tshark', ['-r', captured, '-Y', 'sip', '-T', 'fields', ...fields])
      const found = shown.output.split('\n').filter(line => /\tINVITE |\tBYE |\tACK |SIP\/2\.0 /.test(line))
      return found.filter(line => /\tBYE /.test(line)).length >= 2 ? found : undefined
    },
    20_000,
    'both BYE',
  )
  const callIds = new Set(lines.map(line => line.split('\t')[0]))
  assert.equal(callIds.size, 2, 'one dialog for each leg')
  assert.ok(lines.filter(line => /\tINVITE /.test(line)).length >= 3, 'the challenged one, and one of each leg')
  const all = await runProcess('tshark', ['-r', captured, '-V'])
  assert.match(all.output, /\[removed\]/)
  assert.doesNotMatch(all.output, /response="|inline:[^[\s]/)
})
