/** Debian's Kamailio with the configuration that Debian installs, TLS switched on: a registrar and proxy for example.com. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually, freePort, type TemporaryFolder } from '../../support/places.ts'
import { startProcess } from '../../support/processes.ts'

export interface StockKamailio {
  readonly port: number
  stop(): Promise<void>
}

export async function startStockKamailio(
  folder: TemporaryFolder,
  certificate: string,
  privateKey: string,
): Promise<StockKamailio> {
  const port = await freePort()
  const [plain, file, tls] = [await freePort(), join(folder.path, 'kamailio.cfg'), join(folder.path, 'tls.cfg')]
  writeFileSync(
    tls,
    `[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n` +
      `private_key = ${privateKey}\ncertificate = ${certificate}\n`,
  )
  // A later setting replaces an earlier one; 127.0.0.1 is bound on ports that are free.
  writeFileSync(
    file,
    '#!KAMAILIO\n#!define WITH_TLS\n#!define WITH_ALIASES\ninclude_file "/etc/kamailio/kamailio.cfg"\n' +
      `alias="example.com"\nmodparam("tls", "config", "${tls}")\nmodparam("ctl", "binrpc", "unix:${folder.path}/ctl")\n`,
  )
  const listen = ['-l', `udp:127.0.0.1:${plain}`, '-l', `tcp:127.0.0.1:${plain}`, '-l', `tls:127.0.0.1:${port}`]
  const args = ['-f', file, '-DD', '-E', '-m', '64', '-M', '8', '-Y', folder.path, '-P', join(folder.path, 'pid')]
  const process = startProcess('kamailio', [...args, ...listen])
  try {
    await eventually(() => accepts(port), 8_000, 'kamailio takes connections')
  } catch (error) {
    await process.stop()
    throw new Error(`${(error as Error).message}\n${process.output().slice(-2000)}`)
  }
  return { port, stop: () => process.stop(4_000) }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}
