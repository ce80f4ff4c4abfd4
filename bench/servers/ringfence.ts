/** The complete product through its command: firewall, events, records, database; only the limits of a single source are lifted. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operations } from '../../src/api/operations.ts'
import { temporaryFolder } from '../../test/support/places.ts'
import { accepted, startRingfence } from '../../test/support/ringfence.ts'
import type { BenchServer, BenchServerOptions } from './server.ts'

/** All load comes from one address, which stands for a whole network of phones. */
const SETTINGS = `limits:
  connections: 100000
  connectionsPerSource: 100000
  calls: 50000
  transactions: 1000000
registration:
  max: 7200
`
const IMPORT_AT_ONCE = 2_000

export interface OurServer extends BenchServer {
  /** What the commands of the machine do. */
  operations(): Promise<Operations>
}

export async function startOurs(options: BenchServerOptions): Promise<OurServer> {
  const data = temporaryFolder('bench')
  const config = join(data.path, 'bench.yaml')
  writeFileSync(config, SETTINGS)
  const named = options.outsiders === true ? ['--allow-insecure-sources', '127.0.0.0/16'] : []
  const environment = options.profile === undefined ? {} : { NODE_OPTIONS: options.profile }
  const ringfence = await startRingfence({
    data,
    environment,
    arguments: ['--config', config, '--domain', 'bench.test', '--allow-insecure-udp', '127.0.0.1:0', ...named],
  }).catch((error: unknown) => {
    data.remove()
    throw error
  })
  const operations = await ringfence.operations()
  if (options.outsiders === true) {
    const order = { target: '127.0.0.66', minutes: null, reason: 'the load', evenRegistered: false }
    accepted(await operations.firewallBan(order))
  }
  for (let from = 0; from < options.users.length; from += IMPORT_AT_ONCE) {
    const devices = options.users.slice(from, from + IMPORT_AT_ONCE).map(({ username, password }) => {
      return { extension: username, username, password }
    })
    accepted(await operations.deviceImport({ devices }))
  }
  const udp = ringfence.ready.listeners.find(listener => listener.transport.toUpperCase() === 'UDP')
  if (udp === undefined) throw new Error(`no UDP listener in ${JSON.stringify(ringfence.ready.listeners)}`)
  return {
    name: 'ringfence',
    domain: 'bench.test',
    caPem: ringfence.caPem,
    tlsPort: ringfence.ready.sipTls.port,
    udpPort: udp.port,
    processes: { ringfence: ringfence.process.pid },
    operations: () => ringfence.operations(),
    async stop() {
      await ringfence.halt()
      data.remove()
    },
  }
}
