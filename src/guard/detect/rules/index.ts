/** Every rule about sources, in the order in which they are asked. */
import type { SourceRule } from '../types.ts'
import { rule as accountGuessing } from './account-guessing/rule.ts'
import { rule as decoy } from './decoy/rule.ts'
import { rule as sourceGuessing } from './source-guessing/rule.ts'

export const ALL_SOURCE_RULES: readonly SourceRule[] = [accountGuessing, sourceGuessing, decoy]
