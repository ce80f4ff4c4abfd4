/** Answers that are given again to the same Idempotency-Key, for all nodes. */
import type { IdempotencyRepository, KeptRequest } from '../api/http/idempotency.ts'
import type { Database, Row } from './database.ts'

/** As many are kept; beyond that the oldest go before their time. */
const CAPACITY = 200_000
/** Requests between two times of forgetting. */
const FORGET_EACH = 1_000
const ATTEMPTS = 3

const BEGIN = `
  INSERT INTO kept_answers (name, request, until) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET request = excluded.request, until = excluded.until, answer = NULL
    WHERE kept_answers.until <= $4
  RETURNING name`
const READ = 'SELECT name, request, until, answer FROM kept_answers WHERE name = $1'
const FORGET = `
  DELETE FROM kept_answers WHERE until <= greatest($1,
    coalesce((SELECT until FROM kept_answers ORDER BY until DESC OFFSET $2 LIMIT 1), 0))`

export function createKeptAnswerRepository(database: Database, capacity = CAPACITY): IdempotencyRepository {
  let begun = 0
  return {
    async begin(entry, now) {
      if (begun++ % FORGET_EACH === 0) await database.query({ text: FORGET, values: [now, capacity] })
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const values = [entry.name, entry.request, entry.until, now]
        const mine = await database.query({ text: BEGIN, values })
        if (mine.length > 0) return undefined
        const [row] = await database.query({ text: READ, values: [entry.name] })
        // Otherwise it was forgotten in between.
        if (row !== undefined) return keptRequest(row)
      }
      throw new Error(`${entry.name} came and went ${ATTEMPTS} times`)
    },
    async finish(name, answer) {
      await database.query({ text: 'UPDATE kept_answers SET answer = $2 WHERE name = $1', values: [name, answer] })
    },
    async forget(name) {
      await database.query({ text: 'DELETE FROM kept_answers WHERE name = $1', values: [name] })
    },
  }
}

function keptRequest(row: Row): KeptRequest {
  const answer = row['answer']
  return {
    name: String(row['name']),
    request: String(row['request']),
    until: Number(row['until']),
    answer: answer === null || answer === undefined ? undefined : String(answer),
  }
}
