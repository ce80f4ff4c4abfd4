/** The running product for torture messages: example.com, TLS, and the plain listeners that exist as exceptions. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryFolder, temporaryFolder } from '../../support/places.ts'
import type { PhoneCredentials } from '../../support/phone-credentials.ts'
import { type Ringfence, startRingfence } from '../../support/ringfence.ts'
import { type Protocol, TorturePeer } from './peer.ts'

/** The phone's address: named by the plain listeners. */
const PHONE = '127.0.0.2'
/** Named by nobody. */
const STRANGER = '127.0.0.66'
/** Connections first: they keep no state of an answered request, so that the same message over UDP is a new one. */
export const PROTOCOLS: readonly Protocol[] = ['TLS', 'TCP', 'UDP']

export interface Ground {
  readonly system: Ringfence
  readonly phone: PhoneCredentials
  /** A phone that is registered over this transport. */
  peer(protocol: Protocol): TorturePeer
  stranger(protocol: Protocol): TorturePeer
  stop(): Promise<void>
}

export async function prepareGround(name: string): Promise<Ground> {
  const settings: TemporaryFolder = temporaryFolder(`${name}-settings`)
  const file = join(settings.path, 'ringfence.yaml')
  const expires = new Date(Date.now() + 86_400_000).toISOString()
  const listener = (transport: 'udp' | 'tcp'): string =>
    `  - {transport: ${transport}, address: 127.0.0.1, port: 0, sources: [${PHONE}/32], expires: ${expires}}\n`
  // The stranger sends a message and a probe as fast as they are answered: its rate is not what is tested here.
  // And it sends what only attackers send: that it is banned then is tested elsewhere.
  const limits = `limits: {messagesPerSecondPerSource: 1000}\nfirewall: {allow: [${STRANGER}]}\n`
  writeFileSync(file, `${limits}allowInsecureListeners:\n${listener('udp')}${listener('tcp')}`)
  const system = await startRingfence({ name, arguments: ['--domain', 'example.com', '--config', file] })
  const phone = await system.addPhone('701')
  const peers: TorturePeer[] = []
  const make = (protocol: Protocol, localAddress: string, registers: boolean): TorturePeer => {
    const { port } = system.ready.listeners.find(listener => listener.transport.toUpperCase() === protocol)!
    const where = { protocol, address: '127.0.0.1', port, ca: system.caPem, localAddress }
    const peer = new TorturePeer({ ...where, credentials: phone, registers })
    peers.push(peer)
    return peer
  }
  return {
    system,
    phone,
    peer: protocol => make(protocol, PHONE, true),
    stranger: protocol => make(protocol, STRANGER, false),
    async stop() {
      for (const peer of peers) peer.close()
      await system.stop()
      settings.remove()
    },
  }
}
