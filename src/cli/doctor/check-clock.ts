/** The clock: certificates, nonces and records stand on it. */
import { type Check, fail, type Finding, skipped, warn, well } from './types.ts'

/** No right clock shows an earlier time than the one when this was written. */
const EARLIEST = Date.UTC(2026, 10, 1)
const LATEST = Date.UTC(2100, 0, 1)
const FILE_SYSTEM_DIFFERENCE_MS = 10_000

const ADVICE = 'let the machine follow a time server: apt-get install systemd-timesyncd (or chrony)'

export const checkClock: Check = ({ configuration, machine, now }) => {
  if (now < EARLIEST || now > LATEST) {
    return [fail('clock', `the clock shows ${new Date(now).toISOString()}, which cannot be`, ADVICE)]
  }
  const findings: Finding[] = []
  const stored = machine.fileSystemTime(configuration.dataDirectory)
  if (stored !== undefined && Math.abs(stored - now) > FILE_SYSTEM_DIFFERENCE_MS) {
    const seconds = Math.round((stored - now) / 1_000)
    findings.push(
      warn('clock', `the file system’s clock differs by ${seconds} s`, 'set the clock of the storage server'),
    )
  }
  const synchronised = machine.clockSynchronised()
  if (synchronised === false) findings.push(warn('clock', 'no time server is followed', ADVICE))
  if (findings.length > 0) return findings
  if (synchronised === undefined)
    return [skipped('clock', 'plausible; whether it follows a time server cannot be seen')]
  return [well('clock', 'follows a time server')]
}
