/** The entry of a relay worker: requests in, notices out. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { cipherBackend, useNodeCiphers } from '../srtp/index.ts'
import { DescriptorLedger } from './descriptor-ledger.ts'
import { openNativeSockets } from './native-sockets.ts'
import type { WorkerNotice, WorkerOptions, WorkerRequest } from './protocol.ts'
import { RelayCore } from './relay-core.ts'
import { serveSockets } from './socket-loop.ts'

const port = parentPort
if (port === null) throw new Error('the relay worker runs as a worker thread only')
/** What is told while requests are carried out is told at once afterwards. */
let notices: WorkerNotice[] | undefined
const notify = (notice: WorkerNotice): void => {
  if (notices === undefined) port.postMessage(JSON.stringify([notice]))
  else notices.push(notice)
}
// node:ffi announces itself as experimental in each thread that loads it; other warnings are shown as ever.
process.removeAllListeners('warning')
process.on('warning', warning => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.stack ?? warning.message}\n`)
})

const options = workerData as WorkerOptions
if (!options.nativeCode) useNodeCiphers()
const ledger = new DescriptorLedger(options.descriptors)
const native = options.nativeCode ? openNativeSockets(ledger, cipherBackend().packet?.bytes) : undefined
const loop = native === undefined ? undefined : serveSockets(native, systemClock)
const core = new RelayCore(systemClock, options, native, notify)
port.on('message', (text: string) => {
  const requests = JSON.parse(text) as readonly WorkerRequest[]
  notices = []
  for (const request of requests) core.handle(request)
  if (notices.length > 0) port.postMessage(JSON.stringify(notices))
  notices = undefined
  if (requests.at(-1)?.type !== 'stop') return
  loop?.stop()
  native?.close()
  port.close()
})
notify({
  type: 'ready',
  dscp: options.dscp ? (native === undefined ? 'unavailable' : 'marked') : 'off',
  ciphers: cipherBackend().name,
})
