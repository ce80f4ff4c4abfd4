import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { FAKE_STATUS } from '../../api/fake-operations.ts'
import { loadConfiguration } from '../../config/load.ts'
import type { Configuration } from '../../config/schema.ts'
import { examine } from './doctor.ts'
import { createMachine, readFileLimit } from './machine.ts'
import type { DoctorContext, FileFacts, Machine, PeerCertificate } from './types.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000

const CERTIFICATE: PeerCertificate = {
  subject: 'pbx.example.com',
  names: ['pbx.example.com', '203.0.113.7'],
  notBefore: NOW - DAY,
  notAfter: NOW + 90 * DAY,
}

/** A machine on which all is well. */
function machine(changes: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    userId: 1000,
    addresses: () => ['127.0.0.1', '203.0.113.7'],
    tryPort: async () => undefined,
    portOwner: () => undefined,
    tlsProbe: async () => ({
      ok: true,
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      certificate: CERTIFICATE,
    }),
    resolveAddresses: async () => ['203.0.113.7'],
    resolveService: async () => [{ name: 'pbx.example.com', port: 5061 }],
    fileFacts: path => (path.endsWith('.key') ? file(0o600) : { ...file(0o700), directory: true }),
    readText: () => 'CA',
    readCertificate: () => CERTIFICATE,
    freeSpace: () => ({ free: 1e12, total: 1e12 }),
    fileLimit: () => 100_000,
    clockSynchronised: () => true,
    fileSystemTime: () => NOW,
    ...changes,
  }
}

function file(mode: number): FileFacts {
  return { mode, uid: 1000, directory: false }
}

function configuration(changes: Partial<Configuration> = {}): Configuration {
  const loaded = loadConfiguration({ overrides: { data: '/nowhere', domain: 'pbx.example.com' }, now: NOW })
  assert.ok(loaded.ok)
  return { ...loaded.value, ...changes }
}

function context(changes: Partial<DoctorContext> = {}): DoctorContext {
  return {
    configuration: configuration(),
    machine: machine(),
    now: NOW,
    nodeVersion: 'v26.10.0',
    status: undefined,
    serverPid: undefined,
    storeFault: undefined,
    outside: undefined,
    fraud: undefined,
    ...changes,
  }
}

/** Everything that is not well, as `state check: message`. */
async function faults(changes: Partial<DoctorContext>): Promise<readonly string[]> {
  const findings = await examine(context(changes))
  for (const { state, advice, check } of findings)
    assert.equal(advice === null, state === 'ok' || state === 'skipped', check)
  return findings
    .filter(({ state }) => state === 'warn' || state === 'fail')
    .map(({ state, check, message }) => `${state} ${check}: ${message}`)
}

test('a healthy machine has no fault, before the start and while the server runs', async () => {
  assert.deepEqual(await faults({}), [])
  assert.deepEqual(await faults({ status: FAKE_STATUS, serverPid: 4711 }), [])
})

const CASES: readonly (readonly [string, Partial<DoctorContext>, RegExp])[] = [
  ['an old runtime', { nodeVersion: 'v20.19.2' }, /^fail runtime: Node\.js v20\.19\.2 is not supported/],
  [
    'an odd runtime',
    { nodeVersion: 'v27.1.0' },
    /^warn runtime: Node\.js v27\.1\.0 is not a release with long support/,
  ],
  [
    'a runtime past its end',
    {
      now: Date.UTC(2029, 5, 1),
      machine: machine({
        fileSystemTime: () => undefined,
        readCertificate: () => ({ ...CERTIFICATE, notAfter: Date.UTC(2030, 1, 1) }),
      }),
    },
    /^fail runtime: .*gets no security fixes since 2029-04-30/,
  ],
  ['root', { machine: machine({ userId: 0 }) }, /^warn user: this command runs as root/],
  [
    'a key that others read',
    {
      machine: machine({
        fileFacts: path =>
          path.endsWith('master.key') ? file(0o644) : { ...file(0o700), directory: !path.endsWith('.key') },
      }),
    },
    /^fail data: .*master\.key can be read by others/,
  ],
  [
    'a data folder that others write',
    {
      machine: machine({
        fileFacts: path => (path.endsWith('.key') ? undefined : { ...file(0o777), directory: true }),
      }),
    },
    /^fail data: others may write/,
  ],
  ['a full disk', { machine: machine({ freeSpace: () => ({ free: 5e6, total: 1e12 }) }) }, /^fail disk: 4 MiB free/],
  [
    'a disk that fills',
    { machine: machine({ freeSpace: () => ({ free: 5e8, total: 1e12 }) }) },
    /^warn disk: 476 MiB free/,
  ],
  ['a store that does not open', { storeFault: 'no PostgreSQL' }, /^fail store: no PostgreSQL/],
  [
    'a store that went away',
    { status: { ...FAKE_STATUS, store: 'unavailable' } },
    /^fail store: the database does not answer/,
  ],
  [
    'a clock that cannot be',
    { now: Date.UTC(1970, 0, 2), machine: machine({ readCertificate: () => undefined }) },
    /^fail clock: the clock shows 1970-01-02/,
  ],
  [
    'a clock that follows nobody',
    { machine: machine({ clockSynchronised: () => false }) },
    /^warn clock: no time server is followed/,
  ],
  [
    'a file system with another time',
    { machine: machine({ fileSystemTime: () => NOW + 60_000 }) },
    /^warn clock: the file system’s clock differs by 60 s/,
  ],
  [
    'a taken port',
    {
      machine: machine({
        tryPort: async (_protocol, _address, port) => (port === 5061 ? 'EADDRINUSE' : undefined),
        portOwner: () => 'kamailio (pid 7)',
      }),
    },
    /^fail ports: SIP over TLS: TCP port 5061 on 0\.0\.0\.0 is taken by kamailio \(pid 7\)/,
  ],
  [
    'a port that needs root',
    {
      configuration: configuration({ sipTlsPort: 443 }),
      machine: machine({
        tryPort: async (_p, _a, port) => (port === 443 ? 'EACCES' : undefined),
        resolveService: async () => [],
      }),
    },
    /^fail ports: SIP over TLS: TCP port 443 on 0\.0\.0\.0 may not be opened/,
  ],
  [
    'an address of another machine',
    { machine: machine({ tryPort: async (_p, _a, port) => (port === 5061 ? 'EADDRNOTAVAIL' : undefined) }) },
    /^fail ports: .* this machine has no such address/,
  ],
  [
    'media ports that are gone',
    { machine: machine({ tryPort: async protocol => (protocol === 'udp' ? 'EADDRINUSE' : undefined) }) },
    /^fail media ports: UDP 20000-39999: taken are 20000, /,
  ],
  [
    'an expired certificate',
    { machine: machine({ readCertificate: () => ({ ...CERTIFICATE, notAfter: NOW - DAY }) }) },
    /^fail certificate: expired on 2026-11-21/,
  ],
  [
    'a certificate near its end',
    { machine: machine({ readCertificate: () => ({ ...CERTIFICATE, notAfter: NOW + 5 * DAY }) }) },
    /^warn certificate: expires in 5 days, on 2026-11-27/,
  ],
  [
    'a certificate of the future',
    { machine: machine({ readCertificate: () => ({ ...CERTIFICATE, notBefore: NOW + DAY }) }) },
    /^fail certificate: is not valid yet/,
  ],
  [
    'a certificate for other names',
    { machine: machine({ readCertificate: () => ({ ...CERTIFICATE, names: ['*.example.org', '203.0.113.7'] }) }) },
    /^warn certificate: does not name pbx\.example\.com/,
  ],
  [
    'a certificate file that is none',
    {
      configuration: configuration({ certificate: { certificateFile: '/x.pem', privateKeyFile: '/x.key' } }),
      machine: machine({ readCertificate: () => undefined }),
    },
    /^fail certificate: \/x\.pem holds no certificate/,
  ],
  [
    'a server that does not answer',
    {
      status: FAKE_STATUS,
      machine: machine({ tlsProbe: async () => ({ ok: false, reason: 'self-signed certificate' }) }),
    },
    /^fail certificate: no TLS connection to 127\.0\.0\.1 port 5061: self-signed/,
  ],
  [
    'a domain without records',
    { machine: machine({ resolveAddresses: async () => [], resolveService: async () => [] }) },
    /^warn domain: pbx\.example\.com is not in the DNS/,
  ],
  [
    'a domain that leads elsewhere',
    { machine: machine({ resolveAddresses: async () => ['198.51.100.1'] }) },
    /^warn domain: pbx\.example\.com leads to 198\.51\.100\.1, which is no address/,
  ],
  [
    'an SRV record of another port',
    { machine: machine({ resolveService: async () => [{ name: 'x', port: 5071 }] }) },
    /^warn domain: SRV .* names port 5071, we listen on 5061/,
  ],
  [
    'a private address only',
    {
      machine: machine({
        addresses: () => ['127.0.0.1', '192.168.1.5'],
        readCertificate: () => ({ ...CERTIFICATE, names: ['pbx.example.com', '192.168.1.5'] }),
        resolveAddresses: async () => ['192.168.1.5'],
      }),
    },
    /^warn NAT: only private addresses: 192\.168\.1\.5/,
  ],
  [
    'a private external address',
    {
      configuration: configuration({ externalAddress: '10.0.0.1' }),
      machine: machine({
        readCertificate: () => ({ ...CERTIFICATE, names: ['pbx.example.com', '10.0.0.1', '203.0.113.7'] }),
      }),
    },
    /^fail NAT: externalAddress 10\.0\.0\.1 is private/,
  ],
  [
    'loopback only',
    { configuration: configuration({ listen: ['127.0.0.1'] }) },
    /^warn NAT: only this machine itself can connect/,
  ],
  [
    'few open files',
    { machine: machine({ fileLimit: () => 1_024 }) },
    /^warn open files: up to 1024; the configured limits may need 37000/,
  ],
  ['a weakening', { status: { ...FAKE_STATUS, weakened: ['plain SIP on UDP'] } }, /^warn weakened: plain SIP on UDP/],
]

for (const [name, changes, expected] of CASES) {
  test(`doctor sees ${name}, and nothing else`, async () => {
    const found = await faults(changes)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, expected)
  })
}

test('a check that breaks is named, and the others still run', async () => {
  const broken = machine({
    resolveAddresses: () => Promise.reject(new Error('no resolver')),
  })
  const findings = await examine(context({ machine: broken }))
  assert.equal(findings.find(({ check }) => check === 'domain')?.message, 'could not be checked: no resolver')
  assert.ok(findings.some(({ check }) => check === 'weakened'))
})

test('the real machine sees a taken port and its owner', { skip: process.platform !== 'linux' }, async () => {
  const real = createMachine()
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  assert.equal(await real.tryPort('tcp', '127.0.0.1', port), 'EADDRINUSE')
  assert.match(real.portOwner('tcp', port) ?? '', new RegExp(`\\(pid ${process.pid}\\)$`))
  await new Promise(resolve => server.close(resolve))
  assert.equal(await real.tryPort('tcp', '127.0.0.1', port), undefined)
  assert.equal(real.portOwner('tcp', port), undefined)
  assert.equal(await real.tryPort('udp', '192.0.2.254', 5060), 'EADDRNOTAVAIL')
  assert.ok(real.addresses().includes('127.0.0.1'))
  assert.ok((real.freeSpace('/nowhere/deep')?.free ?? 0) > 0)
  assert.equal(typeof real.fileLimit(undefined), 'number')
  assert.equal(real.readCertificate('/nowhere'), undefined)
  assert.equal((await real.tlsProbe('127.0.0.1', port, 'x', undefined)).ok, false)
})

test('the limit of open files as Linux writes it', () => {
  assert.equal(
    readFileLimit('Limit  Soft Limit\nMax open files            1024                 524288               files\n'),
    1_024,
  )
  assert.equal(
    readFileLimit('Max open files            unlimited            unlimited            files\n'),
    Number.MAX_SAFE_INTEGER,
  )
  assert.equal(readFileLimit(''), undefined)
})
