/** Every rule about sources, in the order in which they are asked. */
import type { SourceRule } from '../types.ts'
import { rule as accountGuessing } from './account-guessing/rule.ts'
import { rule as decoy } from './decoy/rule.ts'
import { rule as distributedGuessing } from './distributed-guessing/rule.ts'
import { rule as networkGuessing } from './network-guessing/rule.ts'
import { rule as refusals } from './refusals/rule.ts'
import { rule as replay } from './replay/rule.ts'
import { rule as slowGuessing } from './slow-guessing/rule.ts'
import { rule as slowScan } from './slow-scan/rule.ts'
import { rule as sourceGuessing } from './source-guessing/rule.ts'
import { rule as spraying } from './spraying/rule.ts'
import { rule as stuffing } from './stuffing/rule.ts'
import { rule as systemGuessing } from './system-guessing/rule.ts'
import { rule as tenantFlood } from './tenant-flood/rule.ts'
import { rule as tlsAbuse } from './tls-abuse/rule.ts'

export const ALL_SOURCE_RULES: readonly SourceRule[] = [
  accountGuessing,
  slowGuessing,
  distributedGuessing,
  sourceGuessing,
  spraying,
  stuffing,
  networkGuessing,
  systemGuessing,
  tenantFlood,
  slowScan,
  refusals,
  decoy,
  replay,
  tlsAbuse,
]
