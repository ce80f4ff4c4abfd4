/** The runtime, the user that runs it, and how many files it may open. */
import { PINNED_RELEASE, supportedUntil, unsupportedRuntime } from '../runtime.ts'
import { type Check, fail, skipped, warn, well } from './types.ts'

const SPARE_FILES = 1_000
const DAY_MS = 86_400_000

export const checkRuntime: Check = ({ nodeVersion, now }) => {
  const problem = unsupportedRuntime(nodeVersion)
  if (problem !== undefined) return [fail('runtime', problem.message, 'run "npm ci" in the project’s folder')]
  const until = supportedUntil(nodeVersion)
  if (until === undefined) {
    const advice = `use the release that comes with the package, ${PINNED_RELEASE}: start with bin/ringfence`
    return [warn('runtime', `Node.js ${nodeVersion} is not a release with long support`, advice)]
  }
  if (now > Date.parse(until) + DAY_MS) {
    return [fail('runtime', `Node.js ${nodeVersion} gets no security fixes since ${until}`, 'update Ringfence')]
  }
  return [well('runtime', `Node.js ${nodeVersion}, security fixes until ${until}`)]
}

export const checkUser: Check = ({ machine, serverPid }) => {
  if (machine.platform === 'win32') return [skipped('user', 'not on this platform')]
  const owner = serverPid === undefined ? machine.userId : machine.fileFacts(`/proc/${serverPid}`)?.uid
  if (owner !== 0) return [well('user', 'not root')]
  const advice = 'run it as a user of its own: deploy/ringfence.service does, and says how to make that user'
  return [warn('user', `${serverPid === undefined ? 'this command' : 'the server'} runs as root`, advice)]
}

export const checkFileLimit: Check = ({ configuration, machine, serverPid }) => {
  const limit = machine.fileLimit(serverPid)
  if (limit === undefined) return [skipped('open files', 'the limit cannot be seen on this platform')]
  const { limits } = configuration
  // A connection is a file; an answered call has four media sockets on each side.
  const wanted = limits.connections + 8 * limits.calls + SPARE_FILES
  if (limit >= wanted) return [well('open files', `up to ${limit}, enough for the configured limits`)]
  const advice = `LimitNOFILE=${wanted} in the systemd unit, or "ulimit -n ${wanted}" before the start; or lower limits.connections and limits.calls`
  return [warn('open files', `up to ${limit}; the configured limits may need ${wanted}`, advice)]
}
