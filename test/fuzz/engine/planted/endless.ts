/** Never comes back from some inputs. */
import type { FuzzTarget } from '../target.ts'

export const target: FuzzTarget = {
  name: 'endless',
  covers: ['test/fuzz/engine/planted/endless.ts'],
  shape: 'text',
  seeds: [Buffer.from('an input')],
  maximumLength: 64,
  check(input) {
    while (input[0] === 0x20);
  },
}
