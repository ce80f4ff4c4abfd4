/** Starts Debian's Kamailio, with rtpengine where media is asked for, in a folder and on ports of its own. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createTestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { eventually, freePort, temporaryFolder } from '../../test/support/places.ts'
import { startProcess } from '../../test/support/processes.ts'
import { kamailioConfiguration, tlsConfiguration } from './kamailio-configuration.ts'
import { freeUdpPort, startRtpengineProcess } from './rtpengine-process.ts'
import { type BenchServer, type BenchServerOptions, CALLEE } from './server.ts'

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

export async function startKamailio(options: BenchServerOptions): Promise<BenchServer> {
  const folder = temporaryFolder('bench-peer')
  const file = (name: string): string => join(folder.path, name)
  const rtpengine = options.media === true ? await startRtpengineProcess() : undefined
  try {
    const authority = await createTestAuthority()
    const identity = await authority.issue(['bench.test', '127.0.0.1'])
    writeFileSync(file('certificate.pem'), identity.certificateChainPem)
    writeFileSync(file('key.pem'), identity.privateKeyPem)
    writeFileSync(file('tls.cfg'), tlsConfiguration(file('certificate.pem'), file('key.pem')))
    const places = {
      tlsPort: await freePort(),
      udpPort: await freeUdpPort(),
      tlsConfiguration: file('tls.cfg'),
      mediaControl: rtpengine?.controlPort,
    }
    // The callee is not one of the numbered accounts.
    writeFileSync(file('kamailio.cfg'), kamailioConfiguration(places, options.users.length - 1, CALLEE))
    const memory = ['-m', '1024', '-M', '64', '-b', '4194304']
    const runtime = ['-Y', folder.path, '-P', file('kamailio.pid')]
    // -DD: stays in the foreground, so that its id is the one to stop.
    const kamailio = startProcess('kamailio', ['-f', file('kamailio.cfg'), '-DD', '-E', ...memory, ...runtime])
    const { tlsPort, udpPort } = places
    await eventually(() => kamailio.running && accepts(tlsPort), 15_000, 'kamailio accepts connections').catch(
      error => {
        throw new Error(`${(error as Error).message}\n${kamailio.output().slice(-2000)}`)
      },
    )
    return {
      name: 'kamailio',
      domain: 'bench.test',
      caPem: authority.certificatePem,
      tlsPort,
      udpPort,
      processes: { kamailio: kamailio.pid, ...(rtpengine === undefined ? {} : { rtpengine: rtpengine.pid }) },
      async stop() {
        await kamailio.stop(5000)
        await rtpengine?.stop()
        folder.remove()
      },
    }
  } catch (error) {
    await rtpengine?.stop()
    folder.remove()
    throw error
  }
}
