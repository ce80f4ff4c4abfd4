/** The condition of a Sigma rule: names of selections, and, or, not, brackets, `1 of x*`, `all of them`. */
import { fail, ok, type Result } from '../base/result.ts'
import type { Condition } from './types.ts'

const MAXIMUM_DEPTH = 20

/** The error is a sentence. */
export function readCondition(text: string, names: readonly string[]): Result<Condition, string> {
  const words = text.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  let depth = 0

  const isNext = (word: string): boolean => words[at]?.toLowerCase() === word
  const takes = (word: string): boolean => {
    const found = isNext(word)
    if (found) at++
    return found
  }
  const either = (): Condition => joined('or', both)
  const both = (): Condition => joined('and', single)
  const joined = (word: 'and' | 'or', part: () => Condition): Condition => {
    const of = [part()]
    while (takes(word)) of.push(part())
    return of.length === 1 ? of[0]! : { kind: word, of }
  }
  const single = (): Condition => {
    if (++depth > MAXIMUM_DEPTH) throw new Error(`has more than ${MAXIMUM_DEPTH} levels`)
    try {
      if (takes('not')) return { kind: 'not', of: single() }
      if (takes('(')) {
        const inner = either()
        if (!takes(')')) throw new Error(`lacks a ) before "${words[at] ?? 'the end'}"`)
        return inner
      }
      return named()
    } finally {
      depth--
    }
  }
  const named = (): Condition => {
    const word = words[at++]
    if (word === undefined) throw new Error('ends where a selection is expected')
    if ((word === '1' || word === 'any' || word === 'all') && takes('of')) {
      return { kind: word === 'all' ? 'and' : 'or', of: several(words[at++] ?? '') }
    }
    if (!names.includes(word)) throw new Error(`names ${word}, and there is no such selection`)
    return { kind: 'selection', name: word }
  }
  const several = (pattern: string): Condition[] => {
    const found = names.filter(name =>
      pattern === 'them'
        ? !name.startsWith('_')
        : pattern.endsWith('*')
          ? name.startsWith(pattern.slice(0, -1))
          : name === pattern,
    )
    if (found.length === 0)
      throw new Error(`asks for ${pattern === '' ? 'nothing' : pattern}, and there is no such selection`)
    return found.map(name => ({ kind: 'selection', name }))
  }

  try {
    const condition = either()
    return words[at] === undefined ? ok(condition) : fail(`goes on with "${words[at]}", which cannot be read`)
  } catch (error) {
    return fail((error as Error).message)
  }
}
