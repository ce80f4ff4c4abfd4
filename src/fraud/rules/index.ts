/** All rules of behaviour, in the order in which documents list them. */
import type { FraudRule } from '../types.ts'
import { rule as afterHours } from './after-hours/rule.ts'
import { rule as burst } from './burst/rule.ts'
import { rule as callerIds } from './caller-ids/rule.ts'
import { rule as concurrency } from './concurrency/rule.ts'
import { rule as dearNumber } from './dear-number/rule.ts'
import { rule as drift } from './drift/rule.ts'
import { rule as firstCountry } from './first-country/rule.ts'
import { rule as forwardHairpin } from './forward-hairpin/rule.ts'
import { rule as identityChange } from './identity-change/rule.ts'
import { rule as machineDurations } from './machine-durations/rule.ts'
import { rule as noMedia } from './no-media/rule.ts'
import { rule as oneRing } from './one-ring/rule.ts'
import { rule as organisationPattern } from './organisation/rule.ts'
import { rule as probing } from './probing/rule.ts'
import { rule as sequential } from './sequential/rule.ts'
import { rule as spray } from './spray/rule.ts'
import { rule as tollFree } from './toll-free/rule.ts'
import { rule as transferChain } from './transfer-chain/rule.ts'
import { rule as twoCountries } from './two-countries/rule.ts'

export const ALL_RULES: readonly FraudRule[] = [
  burst,
  concurrency,
  afterHours,
  firstCountry,
  dearNumber,
  spray,
  probing,
  sequential,
  identityChange,
  twoCountries,
  drift,
  machineDurations,
  noMedia,
  oneRing,
  tollFree,
  forwardHairpin,
  transferChain,
  callerIds,
  organisationPattern,
]
