/** Smaller: a crasher that still crashes in the same way, a corpus that still reaches the same. */
import type { Coverage } from './coverage.ts'
import { judge } from './judge.ts'
import type { FuzzTarget } from './target.ts'

const MAXIMUM_ATTEMPTS = 4_000

/** Takes away ever smaller pieces as long as the failure stays the same. */
export function minimiseCrasher(target: FuzzTarget, input: Buffer): Buffer {
  const failure = failureOf(target, input)
  if (failure === undefined) return input
  let [best, attempts] = [input, 0]
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < best.length && attempts < MAXIMUM_ATTEMPTS; attempts++) {
      const smaller = Buffer.concat([best.subarray(0, from), best.subarray(from + size)])
      if (failureOf(target, smaller) === failure) best = smaller
      else from += size
    }
  }
  return best
}

/** What fails, without what the input itself contributes to the message. */
function failureOf(target: FuzzTarget, input: Buffer): string | undefined {
  try {
    judge(target, input)
    return undefined
  } catch (error) {
    const { name, message, stack = '' } = error as Error
    const place = /at [^\n]*\/(?:src|targets)\/[^\n]*/.exec(stack.slice(name.length + message.length))?.[0] ?? ''
    return `${name} ${place}`
  }
}

/** The smallest inputs that together reach all that these reach. */
export function minimiseCorpus(target: FuzzTarget, inputs: readonly Buffer[], coverage: Coverage): readonly Buffer[] {
  const kept: Buffer[] = []
  coverage.forget()
  coverage.read()
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    target.check(input)
    const reading = coverage.read()
    if (!reading.isNew) continue
    coverage.remember(reading)
    kept.push(input)
  }
  return kept
}
