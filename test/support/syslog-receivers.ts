/** Real receivers of syslog over TLS that ask for a client certificate and write what they understood as JSON: rsyslog and syslog-ng. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createAuthority, issueServerCertificate, type KeyPairPem } from '../../src/keys/certificate-authority.ts'
import { eventually, freePort, pause, type TemporaryFolder, temporaryFolder } from './places.ts'
import { type RunningProcess, startProcess } from './processes.ts'

export const CLIENT_NAME = 'ringfence.example.com'

export interface SyslogReceived {
  readonly id: string
  readonly type: string
  readonly host: string
  readonly message: string
}

export interface SyslogReceiver {
  readonly port: number
  readonly caPem: string
  /** Of a client that it takes. */
  readonly client: KeyPairPem
  /** What it wrote so far, in order. */
  received(): readonly SyslogReceived[]
  /** SIGKILL; what it wrote is kept. */
  crash(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

interface Places {
  readonly folder: TemporaryFolder
  readonly port: number
  readonly file: (name: string) => string
}

async function prepare(name: string) {
  const folder = temporaryFolder(name)
  const file = (each: string): string => join(folder.path, each)
  const port = await freePort()
  const authority = await createAuthority(name, Date.now())
  const server = await issueServerCertificate(authority, ['127.0.0.1', 'localhost'], Date.now())
  const client = await issueServerCertificate(authority, [CLIENT_NAME], Date.now())
  writeFileSync(file('ca.pem'), authority.certificatePem)
  writeFileSync(file('server.pem'), server.certificatePem)
  writeFileSync(file('server.key'), server.privateKeyPem)
  return { places: { folder, port, file }, authority, client }
}

type Start = (places: Places) => RunningProcess

async function run(name: string, startProgram: Start, read: (line: string) => SyslogReceived): Promise<SyslogReceiver> {
  const { places, authority, client } = await prepare(name)
  let running: RunningProcess | undefined
  const receiver: SyslogReceiver = {
    port: places.port,
    caPem: authority.certificatePem,
    client,
    received() {
      const file = places.file('received.json')
      if (!existsSync(file)) return []
      const lines = readFileSync(file, 'utf8').split('\n')
      return lines.slice(0, -1).map(read)
    },
    async crash() {
      await running?.kill()
    },
    async start() {
      running = startProgram(places)
      await eventually(() => isListening(places.port), 20_000, `${name} listens:\n${running.output().slice(-2_000)}`)
    },
    async stop() {
      await running?.stop(3_000)
      places.folder.remove()
    },
  }
  await receiver.start()
  return receiver
}

/** Without a connection: it would be one more client to refuse. */
async function isListening(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const open = new RegExp(`:${hex} [0-9A-F]+:0000 0A `)
  if (['/proc/net/tcp', '/proc/net/tcp6'].some(file => open.test(readFileSync(file, 'utf8')))) return true
  await pause(50)
  return false
}

export function startRsyslog(): Promise<SyslogReceiver> {
  const start: Start = ({ folder, port, file }) => {
    writeFileSync(
      file('rsyslog.conf'),
      `global(workDirectory="${folder.path}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriverCAFile="${file('ca.pem')}" defaultNetstreamDriverCertFile="${file('server.pem')}"
  defaultNetstreamDriverKeyFile="${file('server.key')}")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name" permittedPeer=["${CLIENT_NAME}"])
template(name="json" type="list") { property(name="jsonmesg") constant(value="\\n") }
ruleset(name="all") { action(type="omfile" file="${file('received.json')}" template="json" flushInterval="1" ioBufferSize="4k") }
input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")
`,
    )
    return startProcess('rsyslogd', ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')])
  }
  return run('rsyslog', start, line => {
    const said = JSON.parse(line) as Readonly<Record<string, string>>
    const structured = said['structured-data'] ?? ''
    return {
      id: / id="([^"]+)"/.exec(structured)?.[1] ?? '',
      type: String(said['msgid'] ?? /ringfence - (\S+)/.exec(said['rawmsg'] ?? '')?.[1] ?? ''),
      host: String(said['hostname']),
      message: String(said['msg']),
    }
  })
}

export async function startSyslogNg(context: TestContext): Promise<SyslogReceiver | undefined> {
  const program = findSyslogNg()
  if (typeof program === 'string') {
    context.skip(program)
    return undefined
  }
  const start: Start = ({ port, file }) => {
    writeFileSync(
      file('syslog-ng.conf'),
      `@version: 3.38
options { log-msg-size(65536); stats-freq(0); keep-hostname(yes); };
source s { syslog(ip("127.0.0.1") port(${port}) transport("tls") max-connections(100)
  tls(ca-file("${file('ca.pem')}") cert-file("${file('server.pem')}") key-file("${file('server.key')}") peer-verify(required-trusted))); };
destination d { file("${file('received.json')}" template("$(format-json --scope rfc5424 --key .SDATA.*)\\n")); };
log { source(s); destination(d); };
`,
    )
    const args = [
      '-F',
      '--no-caps',
      '-f',
      file('syslog-ng.conf'),
      '-R',
      file('persist'),
      '-p',
      file('pid'),
      '-c',
      file('ctl'),
    ]
    return startProcess(program.command, [...args, ...program.arguments], { environment: program.environment })
  }
  return run('syslog-ng', start, line => {
    const said = JSON.parse(line) as {
      readonly MESSAGE: string
      readonly HOST: string
      readonly MSGID?: string
      readonly _SDATA?: Readonly<Record<string, Readonly<Record<string, string>>>>
    }
    const [structured] = Object.values(said._SDATA ?? {})
    return { id: structured?.['id'] ?? '', type: said.MSGID ?? '', host: said.HOST, message: said.MESSAGE }
  })
}

interface Program {
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

const PACKAGES = ['syslog-ng-core', 'libivykis0', 'libnet1', 'libwrap0']

/** Debian has either of the two installed: the second one is unpacked beside the first. A text: why not. */
function findSyslogNg(): Program | string {
  const installed = spawnSync('syslog-ng', ['--version'], { encoding: 'utf8', timeout: 10_000 })
  if (installed.error === undefined) return { command: 'syslog-ng', arguments: [], environment: {} }
  const root = join(tmpdir(), 'ringfence-peer-syslog-ng')
  if (!existsSync(root)) {
    const folder = `${root}-${process.pid}`
    mkdirSync(folder)
    const got = spawnSync(
      'sh',
      ['-c', `apt-get download ${PACKAGES.join(' ')} && for f in *.deb; do dpkg -x "$f" .; done`],
      {
        cwd: folder,
        timeout: 60_000,
      },
    )
    if (got.status !== 0) {
      rmSync(folder, { recursive: true, force: true })
      return `peer missing: syslog-ng, which cannot be installed beside rsyslog (apt-get download ${PACKAGES.join(' ')})`
    }
    renameSync(folder, root)
  }
  const library = join(root, 'usr/lib')
  const multiarch = readdirSync(library).find(each => each.includes('linux-gnu')) ?? ''
  const own = join(library, 'syslog-ng')
  const modules = readdirSync(own).find(each => /^\d/.test(each)) ?? ''
  return {
    command: join(root, 'usr/sbin/syslog-ng'),
    arguments: ['--module-path', join(own, modules)],
    environment: { LD_LIBRARY_PATH: [own, join(library, multiarch), join(root, 'lib', multiarch)].join(':') },
  }
}
