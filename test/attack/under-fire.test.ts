/** Real scanners and floods at a running system while phones are registered and talk: what the scanners learn, and what phones notice. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTalkers, type Talkers } from '../faults/talk.ts'
import { openGuesser } from '../support/guesser.ts'
import { requirePeers } from '../support/peers.ts'
import { freePort, pause } from '../support/places.ts'
import { runProcess, startProcess } from '../support/processes.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

/** Where the plain listener expects a phone; sipvicious comes from 127.0.0.1, which it does not name. */
const NAMED = '127.0.0.50'
const FLOODER = '127.0.0.66'
const FLOOD_A_SECOND = 2_000
const TALK_MS = 6_000
const MOST_LOST_MOS = 0.1

let system: Ringfence
let talkers: Talkers
let port: number
let domain: string

before(async () => {
  port = await freePort()
  const plain = ['--allow-insecure-udp', `127.0.0.1:${port}`, '--allow-insecure-sources', `${NAMED}/32`]
  system = await startRingfence({ name: 'under-fire', arguments: plain })
  ;({ domain } = await system.addPhone('600'))
  talkers = await createTalkers(system, ['601', '602'])
  await talkers.register()
})

after(async () => {
  await talkers?.stop()
  await system?.stop()
})

/** The worst of both legs of a call that is talked now, as its record has it. */
async function worstMos(): Promise<number> {
  const talk = await talkers.talk()
  await pause(TALK_MS)
  await talk.heard()
  await talk.hangUp()
  await pause(500)
  const operations = await system.operations()
  const [record] = accepted(await operations.callsPast({ limit: 1 }))
  const values = (record?.legs ?? []).flatMap(({ media }) => (media?.mos === undefined ? [] : [media.mos]))
  assert.ok(values.length > 0, JSON.stringify(record))
  return Math.min(...values)
}

const FLOOD = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="flood"><send><![CDATA[
OPTIONS sip:100@127.0.0.1 SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:100@1.1.1.1>;tag=[call_number]
To: <sip:100@1.1.1.1>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Contact: <sip:100@[local_ip]:[local_port]>
User-Agent: Cisco-SIPGateway/IOS-12.x
Content-Length: 0

]]></send></scenario>
`

async function scan(command: string, ...args: string[]): Promise<string> {
  const { output } = await runProcess(command, ['-p', String(port), ...args, '127.0.0.1'], {
    cwd: system.data.path,
    timeoutMs: 40_000,
    environment: { HOME: system.data.path },
  })
  return output
}

async function guessOverTls(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const guesser = await openGuesser(system, domain, `127.8.0.${i + 1}`)
    await guesser.guess({ username: talkers.a.username, password: `guess-${i}` })
    guesser.stop()
  }
}

test('scanners, guessers and a flood: they learn nothing, and no phone loses a registration, a call or a tenth of MOS', {
  timeout: 180_000,
}, async context => {
  if (!requirePeers(context, 'svmap', 'sipp')) return
  const quiet = await worstMos()
  const scenario = join(system.data.path, 'flood.xml')
  writeFileSync(scenario, FLOOD)
  const rate = ['-r', String(FLOOD_A_SECOND), '-rp', '1000', '-m', String(FLOOD_A_SECOND * 20)]
  const from = ['-i', FLOODER, '-p', String(await freePort()), '-t', 'u1']
  const flood = startProcess('sipp', [
    `127.0.0.1:${port}`,
    '-sf',
    scenario,
    '-nostdin',
    '-timeout',
    '20',
    ...from,
    ...rate,
  ])
  const crack = ['-u', '601', '-r', '1-200', '--maximumtime=4']
  const attacks = [
    scan('svmap'),
    scan('svmap', '-m', 'INVITE'),
    scan('svwar', '-e', '600-610', '--force', '--maximumtime=4'),
    scan('svwar', '-e', '600-610', '-m', 'INVITE', '--force', '--maximumtime=4'),
    scan('svcrack', ...crack),
    guessOverTls().then(() => ''),
  ]
  const under = await worstMos()
  const outputs = await Promise.all(attacks)
  await flood.stop()
  context.diagnostic(`MOS quiet ${quiet}, under fire ${under}`)
  for (const output of outputs) {
    assert.doesNotMatch(output, /\|\s*60[0-2]\s*\|/, 'an extension was found')
    assert.doesNotMatch(output, /ringfence/i, 'the product was found')
  }
  assert.ok(under >= quiet - MOST_LOST_MOS, `${under} instead of ${quiet}`)
  const operations = await system.operations()
  const lost = accepted(
    await operations.events({
      types: ['registration.expired', 'registration.flow-lost', 'registration.removed'],
      limit: 10,
    }),
  )
  assert.deepEqual(lost, [])
  assert.equal((await talkers.a.register()).ok, true)
  assert.equal((await talkers.b.register()).ok, true)
  await (await talkers.talk()).hangUp()
  const held = accepted(await operations.firewallDecisions({ limit: 1_000 }))
  assert.equal(
    held.some(({ target }) => target === 'address 127.0.0.1'),
    false,
    'a phone is registered from there',
  )
})
