/** Traces of calls: compressed, sealed under the master key and bound to their call. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Sealer } from '../../keys/sealer.ts'
import type { TraceChunk, TraceRepository } from '../../trace/types.ts'
import { isUuid } from '../columns.ts'
import type { Database } from '../database.ts'

/** Of one call, at most: a leg has some of them, a call some legs. */
const MAXIMUM_CHUNKS = 500
/** Octets of what a chunk opens to. */
const MAXIMUM_CHUNK = 16 * 1024 * 1024
/** Rows that one statement removes: nobody waits behind it for long. */
const FORGET_STEP = 5_000

const APPEND = `
  INSERT INTO call_traces (call_id, organisation_id, began_at, sealed)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[])`
const FIND = `
  SELECT sealed FROM call_traces WHERE call_id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)
  ORDER BY number LIMIT ${MAXIMUM_CHUNKS}`
const FORGET = `
  DELETE FROM call_traces WHERE number IN
    (SELECT number FROM call_traces WHERE began_at < $1 ORDER BY began_at LIMIT ${FORGET_STEP})
  RETURNING number`

export function createTraceRepository(database: Database, sealer: Sealer): TraceRepository {
  const context = (callId: string): string => `trace:${callId}`
  const seal = (chunk: TraceChunk): string =>
    sealer.seal(deflateRawSync(JSON.stringify(chunk), { level: 1 }), context(chunk.leg.callId))
  return {
    async append(chunks) {
      const values = [
        chunks.map(each => each.leg.callId),
        chunks.map(each => each.leg.organisationId),
        chunks.map(each => Math.floor(each.messages[0]?.at ?? 0)),
        chunks.map(seal),
      ]
      await database.query({ text: APPEND, values })
    },
    async find(callId, organisationId) {
      if (!isUuid(callId)) return []
      const rows = await database.read({ text: FIND, values: [callId, organisationId ?? null] })
      return rows.map(row => {
        const opened = inflateRawSync(sealer.open(String(row['sealed']), context(callId)), {
          maxOutputLength: MAXIMUM_CHUNK,
        })
        return JSON.parse(opened.toString('utf8')) as TraceChunk
      })
    },
    async forget(before) {
      let forgotten = 0
      for (;;) {
        const rows = await database.query({ text: FORGET, values: [Math.floor(before)] })
        forgotten += rows.length
        if (rows.length < FORGET_STEP) return forgotten
      }
    },
  }
}
