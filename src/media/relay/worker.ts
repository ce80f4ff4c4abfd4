/** The entry of a relay worker: requests in, notices out. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { cipherBackend, useNodeCiphers } from '../srtp/index.ts'
import type { WorkerNotice, WorkerOptions, WorkerRequest } from './protocol.ts'
import { RelayCore } from './relay-core.ts'

const port = parentPort
if (port === null) throw new Error('the relay worker runs as a worker thread only')
const notify = (notice: WorkerNotice): void => port.postMessage(notice)
// node:ffi announces itself as experimental in each thread that loads it; other warnings are shown as ever.
process.removeAllListeners('warning')
process.on('warning', warning => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.stack ?? warning.message}\n`)
})

const options = workerData as WorkerOptions
if (!options.nativeCiphers) useNodeCiphers()
const core = new RelayCore(systemClock, options, notify)
port.on('message', (request: WorkerRequest) => {
  core.handle(request)
  if (request.type === 'stop') port.close()
})
notify({ type: 'ready', dscp: options.dscp ? 'unavailable' : 'off', ciphers: cipherBackend().name })
