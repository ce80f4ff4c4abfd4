/** kill -9 of whoever exports the log, at random instants: receivers have everything, in order, and twice only under the same id. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execPath, kill } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createEventBus } from '../../src/events/bus.ts'
import { createExportService } from '../../src/export/export-service.ts'
import { openTestStore, temporaryFolder } from '../../src/store/test-support/fixtures.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually } from '../support/places.ts'
import { EXPORTS } from './exports-world.ts'
import { faultTest, scale } from './table.ts'

const ROUNDS = scale(3, 100)
const LONGEST_MS = 1_500
const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)
const random = createRandom(seed)

/** What one receiver has got: ids by position, and how often something came again. */
interface Got {
  readonly ids: Map<number, string>
  last: number
  again: number
}

function receiver() {
  const got = new Map<string, Got>(EXPORTS.map(name => [name, { ids: new Map(), last: 0, again: 0 }]))
  const faults: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    // What breaks off is nothing: it comes again.
    request.on('error', () => undefined)
    request.on('end', () => {
      if (!request.complete) return
      const mine = got.get((request.url ?? '').slice(1))!
      const { data } = JSON.parse(body) as { data: { events: readonly { id: string; position: number }[] } }
      let before: number | undefined
      for (const { id, position } of data.events) {
        const known = mine.ids.get(position)
        if (known !== undefined && known !== id) faults.push(`${position}: ${known}, then ${id}`)
        if (before !== undefined && position <= before) faults.push(`${position} behind ${before}`)
        if (before === undefined && position > mine.last + 1) faults.push(`${position} after ${mine.last}: a hole`)
        if (known !== undefined) mine.again++
        mine.ids.set(position, id)
        mine.last = Math.max(mine.last, position)
        before = position
      }
      response.writeHead(204).end()
    })
  })
  return { got, faults, server }
}

async function exportAndKill(path: string, round: number, port: number): Promise<number> {
  const script = fileURLToPath(new URL('./export-child.ts', import.meta.url))
  const child = spawn(execPath, [script, path, String(round), String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = 0
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, number] = line.split(' ')
    if (word === 'acknowledged') acknowledged = Number(number) + 1
    else if (word === 'ready') {
      setTimeout(() => {
        if (round % 2 === 1) kill(Number(number), 'SIGKILL')
        child.kill('SIGKILL')
      }, random.below(LONGEST_MS))
    }
  }
  return acknowledged
}

faultTest(
  {
    section: 'crash',
    fault: 'kill -9 of whoever exports the log at random instants',
    done: `${ROUNDS} kills while events are appended and exported to two receivers by HTTP; every second time PostgreSQL is killed with it`,
    holds:
      'each receiver has every event that is in the log, none acknowledged is missing, in order, and what comes twice has the same id',
    timeoutMs: scale(300_000, 3_600_000),
  },
  async measured => {
    measured('seed', seed)
    const folder = temporaryFolder()
    const { got, faults, server } = receiver()
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    let acknowledged = 0
    try {
      for (let round = 0; round < ROUNDS; round++) acknowledged += await exportAndKill(folder.path, round, port)
      const store = await openTestStore(folder.path)
      const bus = createEventBus(systemClock, () => undefined)
      const service = createExportService({
        clock: systemClock,
        log: store.events,
        repository: store.exports,
        events: bus,
        logger: silentLogger,
        context: { host: 'pbx.example', version: '0' },
      })
      try {
        const [newest] = await store.events.query({ limit: 1 })
        await service.start()
        const end = newest!.position
        await eventually(() => [...got.values()].every(each => each.last >= end), 60_000, 'everything arrived')
        for (const [name, { ids }] of got) assert.equal(ids.size, end, name)
        const events = await store.events.query({ limit: 10_000 })
        for (const { position, event } of events) {
          for (const { ids } of got.values()) assert.equal(ids.get(position), event.id)
        }
        assert.ok(end >= acknowledged, `${end} are there, ${acknowledged} were acknowledged`)
        assert.deepEqual(faults, [])
        measured('events at each receiver', end)
        measured('acknowledged', acknowledged)
        measured('came again, under the same id', [...got.values()].map(each => each.again).join(' and '))
      } finally {
        await service.stop()
        await store.close()
      }
    } finally {
      server.closeAllConnections()
      server.close()
      folder.remove()
    }
  },
)
