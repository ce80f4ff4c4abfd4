/** A cost that grows with the square of the length. */
import type { FuzzTarget } from '../target.ts'

const sum = new Uint32Array(1)

export const target: FuzzTarget = {
  name: 'quadratic',
  covers: ['test/fuzz/engine/planted/quadratic.ts'],
  shape: 'text',
  seeds: [Buffer.from('a;b;c')],
  maximumLength: 40_000,
  check(input) {
    for (const one of input) for (const other of input) sum[0]! += one ^ other
  },
}
