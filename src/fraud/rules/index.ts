/** All rules of behaviour, in the order in which documents list them. */
import type { FraudRule } from '../types.ts'
import { rule as afterHours } from './after-hours/rule.ts'
import { rule as burst } from './burst/rule.ts'
import { rule as concurrency } from './concurrency/rule.ts'
import { rule as drift } from './drift/rule.ts'
import { rule as firstCountry } from './first-country/rule.ts'
import { rule as machineDurations } from './machine-durations/rule.ts'
import { rule as organisationPattern } from './organisation/rule.ts'
import { rule as sequential } from './sequential/rule.ts'
import { rule as spray } from './spray/rule.ts'

export const ALL_RULES: readonly FraudRule[] = [
  burst,
  concurrency,
  afterHours,
  firstCountry,
  spray,
  sequential,
  drift,
  machineDurations,
  organisationPattern,
]
