import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readEnvironment } from './environment.ts'
import { loadConfiguration } from './load.ts'
import type { ConfigurationOverrides } from './overrides.ts'
import { defaultDomain } from './schema.ts'
import { weakenings } from './weakenings.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-config-'))
after(() => rmSync(folder, { recursive: true }))
const NOW = Date.UTC(2027, 0, 1)
const HOUR = 3_600_000

function load(yaml: string | undefined, overrides: ConfigurationOverrides = {}) {
  const file = join(folder, 'test.yaml')
  if (yaml !== undefined) writeFileSync(file, yaml)
  return loadConfiguration({
    ...(yaml === undefined ? {} : { file }),
    overrides: { data: folder, ...overrides },
    now: NOW,
  })
}

function loaded(yaml: string | undefined, overrides: ConfigurationOverrides = {}) {
  const result = load(yaml, overrides)
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  return result.value
}

function refused(yaml: string | undefined, overrides: ConfigurationOverrides = {}): string {
  const result = load(yaml, overrides)
  assert.ok(!result.ok, 'the configuration was accepted')
  assert.doesNotMatch(result.error.message, /\n/)
  return `${result.error.code} ${result.error.message}`
}

test('nothing configured is secure', () => {
  const configuration = loaded(undefined)
  assert.equal(configuration.sipTlsPort, 5061)
  assert.equal(configuration.httpsPort, 8443)
  assert.deepEqual(configuration.listen, ['0.0.0.0', '::'])
  assert.deepEqual(configuration.allowInsecureListeners, [])
  assert.deepEqual(configuration.knownNetworks, [])
  assert.deepEqual(weakenings(configuration, NOW), [])
  assert.equal(configuration.file, undefined)
  assert.equal(configuration.dataDirectory, folder)
  assert.deepEqual(configuration.registration, { min: 60, max: 3600, default: 600 })
})

test('the domain is the machine’s full name, or one that is private', () => {
  assert.equal(defaultDomain('PBX.Example.com'), 'pbx.example.com')
  assert.equal(defaultDomain('debian'), 'phones.internal')
  assert.equal(defaultDomain('a_b.example'), 'phones.internal')
})

test('a file and flags above it', () => {
  const configuration = loaded('domain: pbx.example.com\nsipTlsPort: 5062\nmedia: {portFrom: 30000}\n', {
    sipTlsPort: '0',
    listen: '127.0.0.1,::1',
  })
  assert.equal(configuration.domain, 'pbx.example.com')
  assert.equal(configuration.sipTlsPort, 0)
  assert.deepEqual(configuration.listen, ['127.0.0.1', '::1'])
  assert.deepEqual(configuration.media, { portFrom: 30000, portTo: 39999, workers: 0, timeout: 60 })
  assert.deepEqual(configuration.overridden, ['listen', 'sipTlsPort'])
})

const LINES: readonly (readonly [string, string])[] = [
  ['sipTlsprt: 1', 'CONFIG_UNKNOWN_KEY sipTlsprt is not a setting; did you mean sipTlsPort?'],
  ['media: {portfrom: 1}', 'CONFIG_UNKNOWN_KEY media.portfrom is not a setting; did you mean portFrom?'],
  [
    'media: {xyzzyplugh: 1}',
    'CONFIG_UNKNOWN_KEY media.xyzzyplugh is not a setting; known here: portFrom, portTo, workers, timeout',
  ],
  ['sipTlsPort: 70000', 'CONFIG_INVALID_VALUE sipTlsPort is above 65535; for example sipTlsPort: 5061'],
  ['sipTlsPort: yes', 'CONFIG_INVALID_VALUE sipTlsPort is not a number; for example sipTlsPort: 5061'],
  ['sipTlsPort: 1.5', 'CONFIG_INVALID_VALUE sipTlsPort is not a whole number; for example sipTlsPort: 5061'],
  [
    'domain: Not A Domain',
    'CONFIG_INVALID_VALUE domain is not a domain name in lower case; for example domain: pbx.example.com',
  ],
  ['listen: 127.0.0.1', 'CONFIG_INVALID_VALUE listen is not a list; for example listen: [192.0.2.10]'],
  ['listen: [localhost]', 'CONFIG_INVALID_VALUE listen[0] is not an IP address; for example listen: [192.0.2.10]'],
  [
    'knownNetworks: [10.0.0.0/40]',
    'CONFIG_INVALID_VALUE knownNetworks[0] is not a network in CIDR notation; for example knownNetworks: [192.0.2.0/24]',
  ],
  ['httpsPort: 5061', 'CONFIG_INVALID_VALUE httpsPort is the same as sipTlsPort; for example httpsPort: 8443'],
  [
    'registration: {min: 3000}',
    'CONFIG_INVALID_VALUE registration min, default and max have to ascend; for example registration: {min: 60, default: 600, max: 3600} (seconds)',
  ],
  [
    'certificate: {certificateFile: a}',
    'CONFIG_INVALID_VALUE certificate.privateKeyFile is missing; for example privateKeyFile: /etc/ringfence/key.pem',
  ],
  [
    'certificate: {acme: {names: [a.example]}}',
    'CONFIG_INVALID_VALUE certificate.acme.termsOfServiceAgreed has to be true: read and accept the terms of the ACME server; for example termsOfServiceAgreed: true',
  ],
  [
    'store: {url: mysql://x}',
    'CONFIG_INVALID_VALUE store.url is not a PostgreSQL address; for example url: postgres://ringfence@db.example.com/ringfence',
  ],
  [
    'allowInsecureListeners: [{transport: udp, address: 192.0.2.1, port: 5060, sources: [0.0.0.0/0], expires: 2027-02-01}]',
    'CONFIG_INVALID_VALUE allowInsecureListeners.sources contains 0.0.0.0/0, which is everybody; for example sources: [192.0.2.0/24]',
  ],
  [
    'allowInsecureListeners: [{transport: udp, address: 192.0.2.1, port: 5060, sources: [192.0.2.0/24]}]',
    'CONFIG_INSECURE_INCOMPLETE allowInsecureListeners[0].expires is missing; for example expires: 2027-03-31',
  ],
  [
    'allowInsecureListeners: [{transport: udp, address: 192.0.2.1, port: 5060, expires: 2027-02-01}]',
    'CONFIG_INSECURE_INCOMPLETE allowInsecureListeners[0].sources is missing; for example sources: [192.0.2.0/24]',
  ],
]

for (const [yaml, line] of LINES) {
  test(`refused in one line: ${yaml}`, () => assert.equal(refused(yaml), line))
}

test('a file that is no YAML, no settings, too large or missing', () => {
  assert.match(refused('a: [\n'), /^CONFIG_FILE_MALFORMED .*test\.yaml is not YAML in line 2; for example/)
  assert.match(refused('- a\n'), /^CONFIG_FILE_MALFORMED .* does not hold settings/)
  assert.match(refused(`#${'x'.repeat(1_100_000)}`), /^CONFIG_FILE_MALFORMED .* is larger than 1 MiB/)
  const missing = loadConfiguration({ file: join(folder, 'absent.yaml'), overrides: { data: folder } })
  assert.ok(!missing.ok && missing.error.code === 'CONFIG_FILE_UNREADABLE')
  assert.deepEqual(loaded('# nothing but a comment\n').allowInsecureListeners, [])
})

test('--allow-insecure-udp on loopback serves loopback for a day', () => {
  const configuration = loaded(undefined, { allowInsecureUdp: '127.0.0.1:0' })
  assert.deepEqual(configuration.allowInsecureListeners, [
    { transport: 'udp', address: '127.0.0.1', port: 0, sources: ['127.0.0.0/8', '::1/128'], expires: NOW + 24 * HOUR },
  ])
  const [weakening] = weakenings(configuration, NOW)
  assert.equal(weakening?.detail, 'plaintext SIP on UDP 127.0.0.1:0 for 127.0.0.0/8, ::1/128')
  assert.deepEqual(weakenings(configuration, NOW + 25 * HOUR), [])
  assert.equal(loaded(undefined, { allowInsecureUdp: '[::1]:5060' }).allowInsecureListeners[0]?.address, '::1')
})

test('--allow-insecure-udp elsewhere needs its networks', () => {
  assert.match(
    refused(undefined, { allowInsecureUdp: '192.0.2.1:5060' }),
    /^CONFIG_INSECURE_INCOMPLETE --allow-insecure-udp/,
  )
  assert.match(refused(undefined, { allowInsecureUdp: '0.0.0.0:5060' }), /^CONFIG_INSECURE_INCOMPLETE/)
  assert.match(
    refused(undefined, { allowInsecureUdp: 'localhost:5060' }),
    /^CONFIG_INVALID_FLAG .* is not ADDRESS:PORT/,
  )
  const given = loaded(undefined, {
    allowInsecureUdp: '192.0.2.1:5060',
    allowInsecureSources: '192.0.2.0/24, 198.51.100.7',
  })
  assert.deepEqual(given.allowInsecureListeners[0]?.sources, ['192.0.2.0/24', '198.51.100.7'])
  const wrong = { allowInsecureUdp: '192.0.2.1:5060', allowInsecureSources: 'office' }
  assert.match(refused(undefined, wrong), /^CONFIG_INVALID_FLAG --allow-insecure-sources/)
  assert.match(refused(undefined, { allowInsecureSources: '192.0.2.0/24' }), /needs --allow-insecure-udp/)
  const open = { allowInsecureUdp: '192.0.2.1:5060', allowInsecureSources: '::/0' }
  assert.match(refused(undefined, open), /which is everybody/)
})

test('a flag adds to the insecure listeners of the file', () => {
  const yaml =
    'allowInsecureListeners: [{transport: tcp, address: 192.0.2.1, port: 5060, sources: [192.0.2.0/24], expires: 2027-02-01}]'
  const configuration = loaded(yaml, { allowInsecureUdp: '127.0.0.1:5060' })
  assert.deepEqual(
    configuration.allowInsecureListeners.map(listener => listener.transport),
    ['tcp', 'udp'],
  )
  assert.equal(configuration.allowInsecureListeners[0]?.expires, Date.UTC(2027, 1, 1))
})

test('where data lives, and the master key of the environment', () => {
  assert.equal(readEnvironment({}, 0).dataDirectory, '/var/lib/ringfence')
  assert.equal(readEnvironment({ HOME: '/home/a' }, 1000).dataDirectory, '/home/a/.local/share/ringfence')
  assert.equal(readEnvironment({ HOME: '/h', XDG_DATA_HOME: '/d' }, 1000).dataDirectory, '/d/ringfence')
  assert.equal(
    readEnvironment({ HOME: '/h', XDG_DATA_HOME: 'relative' }, 1000).dataDirectory,
    '/h/.local/share/ringfence',
  )
  const { masterKey } = readEnvironment({ RINGFENCE_MASTER_KEY: 'secret' }, 0)
  assert.equal(String(masterKey), '[redacted]')
  assert.equal(masterKey?.reveal(), 'secret')
})
