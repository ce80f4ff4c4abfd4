/** What is fuzzed: bytes go in, and invariants have to hold. */
import { mutateMessage } from './mutate-message.ts'
import { mutateOctets } from './mutate-octets.ts'
import { mutateText } from './mutate-text.ts'
import type { Random } from './random.ts'

export interface FuzzTarget {
  readonly name: string
  /** Folders and files of the repository whose coverage guides, and is reported. */
  readonly covers: readonly string[]
  /** How inputs are changed. */
  readonly shape: 'message' | 'text' | 'octets'
  /** What every run starts from, next to the saved corpus. */
  readonly seeds: readonly Buffer[]
  /** Octets. */
  readonly maximumLength: number
  /** Throws where an invariant does not hold. The same input always takes the same way: it keeps nothing. */
  check(input: Buffer): void
}

/** A changed copy of `input`, at most as long as the target takes. */
export function mutate(target: FuzzTarget, input: Buffer, other: Buffer, random: Random): Buffer {
  const changed =
    target.shape === 'octets' ? mutateOctets(input, other, random) : mutateAsText(target, input, other, random)
  return changed.length > target.maximumLength ? changed.subarray(0, target.maximumLength) : changed
}

function mutateAsText(target: FuzzTarget, input: Buffer, other: Buffer, random: Random): Buffer {
  const change = target.shape === 'message' ? mutateMessage : mutateText
  return Buffer.from(change(input.toString('latin1'), other.toString('latin1'), random), 'latin1')
}

/** Byte strings as inputs. */
export function texts(...seeds: readonly string[]): readonly Buffer[] {
  return seeds.map(seed => Buffer.from(seed, 'latin1'))
}
