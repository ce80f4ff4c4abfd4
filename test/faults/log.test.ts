/** kill -9 of whoever writes the log, at random instants: none acknowledged is lost, none is there twice, the chain is whole. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { execPath, kill } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readPublicKey } from '../../src/events/chain/statement.ts'
import { createVerifier } from '../../src/events/chain/verify.ts'
import { openTestStore, temporaryFolder } from '../../src/store/test-support/fixtures.ts'
import type { Store } from '../../src/store/types.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { faultTest, scale } from './table.ts'

const ROUNDS = scale(3, 100)
const LONGEST_MS = 1_500
const PAGE = 1_000
const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)
const random = createRandom(seed)

interface Killed {
  readonly acknowledged: number
}

/** Lets it write for a random time, then kills it, every second time with its database. */
async function writeAndKill(path: string, round: number): Promise<Killed> {
  const script = fileURLToPath(new URL('./log-child.ts', import.meta.url))
  const child: ChildProcess = spawn(execPath, [script, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = -1
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, number] = line.split(' ')
    if (word === 'acknowledged') acknowledged = Number(number)
    else if (word === 'ready') {
      setTimeout(() => {
        if (round % 2 === 1) kill(Number(number), 'SIGKILL')
        child.kill('SIGKILL')
      }, random.below(LONGEST_MS))
    }
  }
  return { acknowledged }
}

/** Reads and verifies what was added since `after`: numbers of each round, in order, up to what was acknowledged at least. */
async function check(store: Store, killed: readonly Killed[]): Promise<number> {
  await store.events.checkpoint()
  const verifier = createVerifier({ publicKey: readPublicKey(store.events.publicKey)! })
  for (let after = 0; ; after += PAGE) {
    const statements = await store.events.statements(after, PAGE)
    for (const each of statements) verifier.statement(each)
    if (statements.length < PAGE) break
  }
  const next = killed.map(() => 0)
  let position = 0
  for (;;) {
    const rows = await store.events.proven(position, PAGE)
    for (const row of rows) {
      verifier.row(row, row.event)
      assert.equal(row.position, ++position, 'no hole')
      const [round, number] = (row.event.data as { detail: string }).detail.split(' ').map(Number)
      assert.equal(number, next[round!]!++, `round ${round}: in order, none twice`)
    }
    if (rows.length < PAGE) break
  }
  for (const [round, { acknowledged }] of killed.entries()) {
    assert.ok(next[round]! > acknowledged, `round ${round}: ${acknowledged} was acknowledged, ${next[round]} are there`)
  }
  assert.deepEqual(verifier.end().problems, [])
  return position
}

faultTest(
  {
    section: 'crash',
    fault: 'kill -9 of the writer of the log at random instants',
    done: `${ROUNDS} kills while events are appended as fast as they are taken; every second time PostgreSQL is killed with it`,
    holds:
      'no acknowledged event lost, none twice, no hole in the positions, and the chain with its signatures verifies',
    timeoutMs: scale(300_000, 3_600_000),
  },
  async measured => {
    measured('seed', seed)
    const folder = temporaryFolder()
    const killed: Killed[] = []
    try {
      for (let round = 0; round < ROUNDS; round++) killed.push(await writeAndKill(folder.path, round))
      const store = await openTestStore(folder.path)
      try {
        measured('events verified', await check(store, killed))
        measured(
          'acknowledged',
          killed.reduce((sum, each) => sum + each.acknowledged + 1, 0),
        )
      } finally {
        await store.close()
      }
    } finally {
      folder.remove()
    }
  },
)
