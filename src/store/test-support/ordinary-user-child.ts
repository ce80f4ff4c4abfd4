/** A process of an ordinary user for the test of the embedded database: opens a store, writes, closes, says who ran it. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { callRecord, openTestStore, organisation } from './fixtures.ts'

const store = await openTestStore(process.argv[2]!)
const owner = organisation()
await store.directory.insertOrganisation(owner)
await store.calls.save(callRecord(owner.id))
const listed = await store.calls.list({ limit: 10 })
const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${store.databasePid}/status`, 'utf8'))?.[1]
await store.close()
process.stdout.write(JSON.stringify({ calls: listed.length, uid: Number(uid) }))
