/** The real machine behind `ringfence doctor`. */
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { existsSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { connect } from 'node:tls'
import { portOwner } from './port-owner.ts'
import type { Machine, PeerCertificate, TlsProbe } from './types.ts'

const DNS_MS = 3_000
const TLS_MS = 5_000
const MAXIMUM_TEXT = 1_048_576

export function createMachine(): Machine {
  return {
    platform: process.platform,
    userId: process.geteuid?.(),
    addresses: () => Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(each => each.address)),
    tryPort,
    portOwner,
    tlsProbe,
    resolveAddresses,
    resolveService,
    fileFacts: path =>
      attempt(() => {
        const facts = statSync(path)
        return { mode: facts.mode & 0o777, uid: facts.uid, directory: facts.isDirectory() }
      }),
    readText: path => attempt(() => (statSync(path).size > MAXIMUM_TEXT ? undefined : readFileSync(path, 'utf8'))),
    readCertificate: path => attempt(() => factsOf(new X509Certificate(readFileSync(path)))),
    freeSpace,
    fileLimit: pid => attempt(() => readFileLimit(readFileSync(`/proc/${pid ?? 'self'}/limits`, 'utf8'))),
    clockSynchronised,
    fileSystemTime,
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function tryPort(protocol: 'tcp' | 'udp', address: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? 'unknown error')
    if (protocol === 'tcp') {
      const server = createServer()
      server.once('error', failed)
      server.listen({ host: address, port, ipv6Only: true }, () => server.close(() => resolve(undefined)))
      return
    }
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', ipv6Only: address.includes(':') })
    socket.once('error', error => {
      socket.close()
      failed(error)
    })
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)))
  })
}

function tlsProbe(address: string, port: number, serverName: string, caPem: string | undefined): Promise<TlsProbe> {
  return new Promise(done => {
    // Names are judged by the check itself, so that it can say which is missing.
    const options = { host: address, port, servername: serverName, checkServerIdentity: () => undefined }
    const socket = connect({ ...options, ...(caPem === undefined ? {} : { ca: caPem }) })
    const end = (probe: TlsProbe): void => {
      socket.destroy()
      void done(probe)
    }
    socket.setTimeout(TLS_MS, () => end({ ok: false, reason: `no answer within ${TLS_MS / 1_000} s` }))
    socket.once('error', error => end({ ok: false, reason: error.message }))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined) return end({ ok: false, reason: 'no certificate came' })
      const protocol = socket.getProtocol() ?? 'TLS'
      return end({ ok: true, protocol, cipher: socket.getCipher().standardName, certificate: factsOf(certificate) })
    })
  })
}

function factsOf(certificate: X509Certificate): PeerCertificate {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .map(entry => entry.replace(/^(?:DNS|IP Address):/, ''))
    .filter(entry => entry !== '')
  return {
    subject: certificate.subject.split('\n').at(-1)?.replace(/^CN=/, '') ?? '',
    names,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

async function resolveAddresses(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_MS, tries: 1 })
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  return [four, six].flatMap(each => (each.status === 'fulfilled' ? each.value : []))
}

async function resolveService(name: string): Promise<readonly { readonly name: string; readonly port: number }[]> {
  try {
    const records = await new Resolver({ timeout: DNS_MS, tries: 1 }).resolveSrv(name)
    return records.map(record => ({ name: record.name, port: record.port }))
  } catch {
    return []
  }
}

function freeSpace(path: string): { readonly free: number; readonly total: number } | undefined {
  let folder = path
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return attempt(() => {
    const { bavail, blocks, bsize } = statfsSync(folder)
    return { free: bavail * bsize, total: blocks * bsize }
  })
}

/** The line of /proc/PID/limits: name, soft limit, hard limit, unit. */
export function readFileLimit(text: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1]
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
}

function clockSynchronised(): boolean | undefined {
  if (existsSync('/run/systemd/timesync/synchronized')) return true
  const asked = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 2_000,
  })
  const answer = asked.error === undefined && asked.status === 0 ? asked.stdout.trim() : ''
  return answer === 'yes' ? true : answer === 'no' ? false : undefined
}

function fileSystemTime(folder: string): number | undefined {
  const file = join(folder, `.doctor-${process.pid}`)
  return attempt(() => {
    writeFileSync(file, '', { mode: 0o600 })
    try {
      return statSync(file).mtimeMs
    } finally {
      rmSync(file, { force: true })
    }
  })
}
