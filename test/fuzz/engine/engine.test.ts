/** The fuzzer finds what was planted: a fault that only coverage leads to, a cost that grows too fast, memory that stays, an endless loop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { superviseFuzzer } from './supervise.ts'

const planted = (name: string): string => `../engine/planted/${name}`

test('coverage leads through a maze, and the way is made short', { timeout: 120_000 }, async () => {
  const { failure, blocks } = await superviseFuzzer(planted('maze'), { seed: 1, milliseconds: 60_000 })
  assert.match(failure?.message ?? '', /the end of the maze/)
  assert.deepEqual(Buffer.from(failure!.input), Buffer.from('SIP\xc3\0', 'latin1'))
  assert.ok(blocks.covered > 5, JSON.stringify(blocks))
})

test('a cost that grows with the square of the length', { timeout: 120_000 }, async () => {
  const { failure } = await superviseFuzzer(planted('quadratic'), { seed: 1, milliseconds: 30_000 })
  assert.match(failure?.message ?? '', /octets took \d+ us/)
})

test('memory that stays', { timeout: 120_000 }, async () => {
  const { failure } = await superviseFuzzer(planted('hoarder'), { seed: 1, milliseconds: 1_500 })
  assert.match(failure?.message ?? '', /kB more are held/)
})

test('an input that nothing comes of', { timeout: 120_000 }, async () => {
  const { failure } = await superviseFuzzer(planted('endless'), { seed: 1, milliseconds: 20_000, hangSeconds: 2 })
  assert.match(failure?.message ?? '', /nothing came of this input/)
  assert.equal(failure?.input[0], 0x20)
})

test('the same seed finds the same', { timeout: 60_000 }, async () => {
  const runs = []
  for (let i = 0; i < 2; i++) runs.push(await superviseFuzzer(planted('maze'), { seed: 7, milliseconds: 60_000 }))
  assert.equal(runs[0]!.executions, runs[1]!.executions)
})
