/** Codes for functions of the telephone system: data, so that they can be listed. */
import type { Feature } from './types.ts'

export interface FeatureCode {
  readonly code: string
  readonly feature: Feature
  /** What may follow the code. */
  readonly argument: 'none' | 'optional' | 'required'
  readonly meaning: string
}

/** A longer code counts before a shorter one. */
export const FEATURE_CODES: readonly FeatureCode[] = [
  {
    code: '*70',
    feature: 'park',
    argument: 'optional',
    meaning: 'transfer a call here to park it: at your extension, or at the slot that follows',
  },
  {
    code: '*71',
    feature: 'retrieve',
    argument: 'optional',
    meaning: 'take the call that is parked at your extension, or at the slot that follows',
  },
  {
    code: '*8',
    feature: 'pick-up',
    argument: 'optional',
    meaning: 'take a call that rings in your group, or at the extension',
  },
]

const MAXIMUM_ARGUMENT = 32
const ARGUMENT = /^[A-Za-z0-9._-]+$/
const BY_LENGTH = FEATURE_CODES.toSorted((a, b) => b.code.length - a.code.length)

export function featureOf(keys: string): { readonly feature: Feature; readonly argument: string } | undefined {
  if (!keys.startsWith('*')) return undefined
  for (const { code, feature, argument: wanted } of BY_LENGTH) {
    if (!keys.startsWith(code)) continue
    const argument = keys.slice(code.length)
    if (argument === '' ? wanted === 'required' : wanted === 'none') continue
    if (argument === '' || (argument.length <= MAXIMUM_ARGUMENT && ARGUMENT.test(argument)))
      return { feature, argument }
  }
  return undefined
}
