/** The data folder: who may read it, and how much room is left. */
import { join } from 'node:path'
import { type Check, fail, type Finding, skipped, warn, well } from './types.ts'

const MEBIBYTE = 1_048_576
const LITTLE_SPACE = 1_024 * MEBIBYTE
const NO_SPACE = 100 * MEBIBYTE

export const checkDataFolder: Check = ({ configuration, machine }) => {
  const { dataDirectory } = configuration
  const facts = machine.fileFacts(dataDirectory)
  if (facts === undefined) return [skipped('data', `${dataDirectory} is not there yet: the first start makes it`)]
  if (!facts.directory) return [fail('data', `${dataDirectory} is not a folder`, 'name another one with --data')]
  const findings: Finding[] = []
  if ((facts.mode & 0o022) !== 0) {
    findings.push(fail('data', `others may write in ${dataDirectory}`, `chmod go-w ${dataDirectory}`))
  }
  for (const file of [join('keys', 'master.key'), join('keys', 'server.key'), join('keys', 'ca.key')]) {
    const key = machine.fileFacts(join(dataDirectory, file))
    if (key !== undefined && (key.mode & 0o077) !== 0) {
      const path = join(dataDirectory, file)
      findings.push(
        fail('data', `${path} can be read by others`, `chmod 600 ${path}, and treat the key as known to others`),
      )
    }
  }
  return findings.length > 0 ? findings : [well('data', `${dataDirectory}, keys readable by their owner only`)]
}

export const checkDisk: Check = ({ configuration, machine }) => {
  const space = machine.freeSpace(configuration.dataDirectory)
  if (space === undefined) return [skipped('disk', 'free space cannot be seen on this platform')]
  const mebibytes = Math.floor(space.free / MEBIBYTE)
  const message = `${mebibytes} MiB free for ${configuration.dataDirectory}`
  const advice = 'make room: without it no call can be recorded, and what is not recorded is not connected'
  if (space.free < NO_SPACE) return [fail('disk', message, advice)]
  return [space.free < LITTLE_SPACE ? warn('disk', message, advice) : well('disk', message)]
}
