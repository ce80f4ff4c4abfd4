/** kill -9 of the system, and of a receiver, while events happen: every receiver has every event of the log, in its order. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { NewExport } from '../../src/api/export-operations.ts'
import type { LoggedEvent } from '../../src/events/event-log.ts'
import { AUTHORISATION, SPLUNK_TOKEN, startHttpReceiver } from '../support/http-receiver.ts'
import { requirePeers } from '../support/peers.ts'
import { eventually, pause } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { startRsyslog } from '../support/syslog-receivers.ts'

const KILLS = 5
const PAUSES_MS = [700, 1_900, 350, 2_600, 1_200]

async function whole(system: Ringfence): Promise<readonly LoggedEvent[]> {
  const operations = await system.operations()
  const all: LoggedEvent[] = []
  for (;;) {
    const page = accepted(await operations.events({ after: all.at(-1)?.position ?? 0, limit: 1_000 }))
    if (page.length === 0) return all
    all.push(...page)
  }
}

/** Changes one after another until the system is gone. */
async function load(system: Ringfence, from: number): Promise<number> {
  const operations = await system.operations()
  let number = from
  try {
    for (;;) {
      const batch = Array.from({ length: 20 }, () => String(number++))
      const added = await Promise.all(batch.map(each => operations.extensionAdd({ number: each, name: `N ${each}` })))
      if (added.some(each => !each.ok)) return number
    }
  } catch {
    return number
  }
}

/** `every`: the whole log; `log`: what is surely sent by now. */
function assertHasAll(
  name: string,
  received: readonly string[],
  log: readonly string[],
  every: readonly string[],
): void {
  const known = new Set(every)
  assert.deepEqual(
    received.filter(id => id !== '' && !known.has(id)),
    [],
    `${name} has what the log has not`,
  )
  const sure = new Set(log)
  const first = [...new Set(received)].filter(id => sure.has(id))
  assert.deepEqual(first, log, `${name}: in order`)
}

test('nothing is lost over crashes of the system and of a receiver', async context => {
  if (!requirePeers(context, 'rsyslogd')) return
  const rsyslog = await startRsyslog()
  after(() => rsyslog.stop())
  const http = [await startHttpReceiver(), await startHttpReceiver()] as const
  for (const each of http) after(() => each.stop())
  let system = await startRingfence({ name: 'export-crash' })
  after(() => system.stop())
  const file = join(system.data.path, 'export-test.json')
  const { certificatePem, privateKeyPem } = rsyslog.client
  const tls = { caPem: rsyslog.caPem, certificatePem, keyPem: privateKeyPem }
  const exports: readonly NewExport[] = [
    { name: 'syslog', kind: 'syslog', to: `127.0.0.1:${rsyslog.port}`, ...tls, form: 'json', from: 'start' },
    { name: 'splunk', kind: 'splunk', to: http[0].url, caPem: http[0].caPem, token: SPLUNK_TOKEN, from: 'start' },
    { name: 'elastic', kind: 'elastic', to: http[1].url, caPem: http[1].caPem, token: AUTHORISATION, from: 'start' },
    { name: 'file', kind: 'file', to: file, from: 'start' },
  ]
  for (const each of exports) accepted(await (await system.operations()).exportAdd(each))
  let number = 1_000
  for (let kill = 0; kill < KILLS; kill++) {
    const loading = load(system, number)
    await pause(PAUSES_MS[kill] ?? 1_000)
    if (kill === 1) await rsyslog.crash()
    if (kill === 2) http[0].refuse = 503
    await system.crash()
    number = await loading
    if (kill === 2) await rsyslog.start()
    if (kill === 3) http[0].refuse = undefined
    system = await system.restart()
  }
  const done = await eventually(
    async () => {
      const views = accepted(await (await system.operations()).exportList({}))
      return views.every(each => each.behind === 0 && each.state === 'sending') ? views : undefined
    },
    90_000,
    'all exports have everything',
  )
  const all = await whole(system)
  const every = all.map(({ event }) => event.id)
  const log = all.filter(({ position }) => position <= Math.min(...done.map(each => each.position)))
  const ids = log.map(({ event }) => event.id)
  assert.ok(ids.length > 500, `${ids.length} events`)
  assert.deepEqual(
    log.map(({ position }) => position),
    ids.map((_, index) => index + 1),
  )
  const fromFile = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => {
      try {
        return (JSON.parse(line) as { id: string }).id
      } catch {
        // Torn by a crash; the event follows, whole.
        return ''
      }
    })
  assertHasAll('file', fromFile, ids, every)
  assertHasAll('splunk', http[0].received, ids, every)
  assertHasAll('elastic', http[1].received, ids, every)
  assertHasAll(
    'syslog',
    rsyslog.received().map(each => each.id),
    ids,
    every,
  )
  // Elasticsearch knows the id: nothing is there twice.
  assert.equal(new Set(http[1].received).size, http[1].received.length)
  context.diagnostic(
    `${ids.length} events over ${KILLS} crashes; duplicates: ${[fromFile, http[0].received].map(each => each.length - new Set(each).size).join(', ')}`,
  )
})
