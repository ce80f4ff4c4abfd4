/** A process that appends to the log as fast as it can, and says which events were acknowledged, until it is killed. */
import process from 'node:process'
import { event, openTestStore } from '../../src/store/test-support/fixtures.ts'

const [dataDirectory, round] = process.argv.slice(2)
const store = await openTestStore(dataDirectory!)
process.stdout.write(`ready ${store.databasePid}\n`)
for (let number = 0; ; number += 400) {
  const group = Array.from({ length: 400 }, (_, index) => `${round} ${number + index}`)
  await Promise.all(group.map(async name => store.events.append(event(name))))
  process.stdout.write(`acknowledged ${number + 399}\n`)
  if (number % 2_000 === 0) await store.events.checkpoint()
}
