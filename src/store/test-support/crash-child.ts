/** A process for the crash tests: opens the store, saves open call records, says so, and waits for its end. */
import process from 'node:process'
import { callRecord, event, openTestStore, organisation } from './fixtures.ts'

const [dataDirectory, count] = process.argv.slice(2)
const store = await openTestStore(dataDirectory!, { heartbeatInterval: 200 })
const owner = organisation()
await store.directory.insertOrganisation(owner)
const records = Array.from({ length: Number(count) }, () => callRecord(owner.id))
await Promise.all(records.map(record => store.calls.save(record)))
await Promise.all(records.map(record => store.events.append(event(record.id))))
process.stdout.write(`${JSON.stringify({ databasePid: store.databasePid, ids: records.map(record => record.id) })}\n`)
// Acknowledged events go on until the end: none that was acknowledged may be missing afterwards.
for (let number = 0; ; number++) {
  await store.events.append(event(`acknowledged ${number}`))
  process.stdout.write(`${JSON.stringify({ acknowledged: number })}\n`)
}
