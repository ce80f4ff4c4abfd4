/** The checks of `ringfence doctor`, in the order in which a fault of one explains the next. */
import { checkCertificate } from './check-certificate.ts'
import { checkClock } from './check-clock.ts'
import { checkDataFolder, checkDisk } from './check-data.ts'
import { checkDecisions, checkPrices, checkRules, checkSpending } from './check-fraud.ts'
import { checkDomain, checkNat } from './check-network.ts'
import { checkEmergency, checkNumbers, checkTrunkListeners, checkTrunks } from './check-outside.ts'
import { checkMediaPorts, checkPorts } from './check-ports.ts'
import { checkFileLimit, checkRuntime, checkUser } from './check-process.ts'
import { checkServer, checkStore, checkWeakenings } from './check-system.ts'
import { type Check, type DoctorContext, type Finding, skipped } from './types.ts'

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['runtime', checkRuntime],
  ['user', checkUser],
  ['data', checkDataFolder],
  ['disk', checkDisk],
  ['server', checkServer],
  ['store', checkStore],
  ['clock', checkClock],
  ['ports', checkPorts],
  ['media ports', checkMediaPorts],
  ['certificate', checkCertificate],
  ['domain', checkDomain],
  ['NAT', checkNat],
  ['open files', checkFileLimit],
  ['weakened', checkWeakenings],
  ['trunks', checkTrunks],
  ['trunks', checkTrunkListeners],
  ['numbers', checkNumbers],
  ['emergency', checkEmergency],
  ['money', checkSpending],
  ['prices', checkPrices],
  ['fraud', checkDecisions],
  ['fraud', checkRules],
]

export async function examine(context: DoctorContext): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [name, check] of CHECKS) {
    try {
      findings.push(...(await check(context)))
    } catch (error) {
      findings.push(skipped(name, `could not be checked: ${(error as Error).message}`))
    }
  }
  return findings
}
