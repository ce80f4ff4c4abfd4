/** Keeps something of every input. */
import type { FuzzTarget } from '../target.ts'

const kept: string[] = []

export const target: FuzzTarget = {
  name: 'hoarder',
  covers: ['test/fuzz/engine/planted/hoarder.ts'],
  shape: 'text',
  seeds: [Buffer.from('a;b;c')],
  maximumLength: 64,
  check(input) {
    kept.push(`${kept.length} ${input.toString('hex')} `.repeat(40).toUpperCase())
    // More than any machine makes in the time of the test: what is let go again is not found.
    if (kept.length > 3_000_000) kept.length = 0
  },
}
