/**
 * Every target for a few seconds, from the saved corpus on; every input that ever broke one. The seed is of the day, so that the next
 * run looks elsewhere and a failure can be repeated: it is in the message, with the file that holds the input.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadCrashers, saveCrasher } from './engine/crashers.ts'
import { judge } from './engine/judge.ts'
import { superviseFuzzer } from './engine/supervise.ts'
import { findTarget, TARGET_NAMES } from './targets/index.ts'

/** Of each target; half of it with a seed that never changes. */
const MILLISECONDS = 2_000
const DAY_MS = 86_400_000
const SEEDS = [1, Math.floor(Date.now() / DAY_MS)]
/** What a run of this length reaches on a slow and busy machine: a guide that finds nothing new is broken. */
const LEAST_EXECUTIONS = 100

describe('fuzz: targets', () => {
  for (const name of TARGET_NAMES) {
    test(name, { timeout: 180_000 }, async () => {
      for (const seed of SEEDS) {
        const result = await superviseFuzzer(name, { seed, milliseconds: MILLISECONDS / SEEDS.length })
        if (result.failure !== undefined) {
          const file = saveCrasher(name, result.failure.input)
          assert.fail(`seed ${seed}, ${file} (commit it; it is a test from now on): ${result.failure.message}`)
        }
        assert.ok(result.executions > LEAST_EXECUTIONS, `${result.executions} inputs`)
        assert.ok(result.blocks.covered > result.blocks.known / 2, JSON.stringify(result.blocks))
      }
    })
  }
})

describe('fuzz: crashers', () => {
  for (const name of TARGET_NAMES) {
    for (const crasher of loadCrashers(name)) {
      test(`${name}: ${crasher.name}`, async () => judge(await findTarget(name), crasher.input))
    }
  }
})
