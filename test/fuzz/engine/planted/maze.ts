/** A fault behind steps that only an input of one more right octet reaches: chance alone needs 2^40 inputs. */
import type { FuzzTarget } from '../target.ts'

function walk(input: Buffer): number {
  if (input[0] !== 0x53) return 0
  if (input[1] !== 0x49) return 1
  if (input[2] !== 0x50) return 2
  if (input[3] !== 0xc3) return 3
  if (input[4] !== 0x00) return 4
  throw new Error('the end of the maze')
}

export const target: FuzzTarget = {
  name: 'maze',
  covers: ['test/fuzz/engine/planted/maze.ts'],
  shape: 'octets',
  seeds: [Buffer.from('nothing of it, and much else besides')],
  maximumLength: 64,
  check: input => void walk(input),
}
