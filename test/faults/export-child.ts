/** A process that appends to the log and exports it, and says which events were acknowledged, until it is killed. */
import process from 'node:process'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createEventBus } from '../../src/events/bus.ts'
import { createExportService } from '../../src/export/export-service.ts'
import { event, openTestStore } from '../../src/store/test-support/fixtures.ts'
import { addExports } from './exports-world.ts'

const [dataDirectory, round, port] = process.argv.slice(2)
const store = await openTestStore(dataDirectory!)
await addExports(store.exports, Number(port))
const service = createExportService({
  clock: systemClock,
  log: store.events,
  repository: store.exports,
  events: createEventBus(systemClock, () => undefined),
  logger: silentLogger,
  context: { host: 'pbx.example', version: '0' },
})
await service.start()
process.stdout.write(`ready ${store.databasePid}\n`)
for (let number = 0; ; number += 100) {
  const group = Array.from({ length: 100 }, (_, index) => event(`${round} ${number + index}`))
  await Promise.all(
    group.map(async each => {
      await store.events.append(each)
      service.published(each)
    }),
  )
  process.stdout.write(`acknowledged ${number + 99}\n`)
}
