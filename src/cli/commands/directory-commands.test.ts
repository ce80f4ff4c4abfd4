import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'
import { parseDevices } from './device-import.ts'

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-cli-'))
  context.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('extensions are added, listed, suspended, restored and removed', async () => {
  const { run, openCount } = createFakeTerminal()
  assert.match((await run('extension', 'list')).out, /^There is no extension yet\. Add one: /)
  const added = await run('extension', 'add', '101', '--name', 'Front desk', '--json')
  assert.equal(added.exit, 0)
  assert.deepEqual(JSON.parse(added.out), {
    number: '101',
    name: 'Front desk',
    state: 'active',
    suspendedReason: null,
    devices: 0,
    registered: 0,
  })
  assert.match((await run('extension', 'add', '102')).out, /^Extension 102 \(102\) was added\.$/m)
  const suspended = await run('extension', 'suspend', '101', '--reason', 'stolen')
  assert.equal(suspended.out, 'Extension 101 is suspended.\n')
  const list = await run('extension', 'list')
  assert.equal(
    list.out,
    [
      'EXTENSION  NAME        STATE              DEVICES  REGISTERED',
      '101        Front desk  suspended: stolen  0        0',
      '102        102         active             0        0',
      '',
    ].join('\n'),
  )
  assert.equal((await run('extension', 'restore', '101')).out, 'Extension 101 is active.\n')
  assert.equal((await run('extension', 'remove', '101')).out, 'Extension 101 was removed, with no devices.\n')
  assert.equal(openCount(), 0)
})

test('a refusal is one line and exit code 1', async () => {
  const { run, openCount } = createFakeTerminal()
  assert.deepEqual(await run('extension', 'remove', '999'), {
    exit: 1,
    out: '',
    err: 'ringfence: there is no extension 999\n',
  })
  assert.equal(openCount(), 0)
})

test('a new device says once what to type into the phone', async () => {
  const { run } = createFakeTerminal()
  await run('extension', 'add', '101')
  const { out, err } = await run('device', 'add', '--extension', '101', '--label', 'desk')
  assert.equal(err, '')
  assert.match(out, /^ {2}Server +pbx\.example\.com +\(/m)
  assert.match(out, /^ {2}User name +user1 /m)
  assert.match(out, /^ {2}Password +correct-horse-battery /m)
  assert.match(out, /^ {2}Outbound proxy +192\.0\.2\.10, port 5061 /m)
  assert.match(out, /^ {2}Transport +TLS /m)
  assert.match(out, /^ {2}Certificate to trust +\/var\/lib\/ringfence\/ca\.pem /m)
  const json = await run('device', 'add', '--extension', '101', '--json')
  assert.deepEqual(Object.keys(JSON.parse(json.out)), [
    'username',
    'domain',
    'password',
    'registrar',
    'outboundProxy',
    'ca',
  ])
})

test('ready files for baresip and linphone are written for their owner only', async context => {
  const place = folder(context)
  const ca = join(place, 'ca.pem')
  writeFileSync(ca, 'CERTIFICATE\n')
  const terminal = createFakeTerminal()
  const { operations } = await terminal.ports.openOperations('x')
  const add = operations.deviceAdd.bind(operations)
  operations.deviceAdd = async input => {
    const result = await add(input)
    return result.ok ? { ok: true, value: { ...result.value, ca } } : result
  }
  await terminal.run('extension', 'add', '101')
  const target = join(place, 'phone')
  const { exit, err } = await terminal.run('device', 'add', '--extension', '101', '--write-config', target)
  assert.equal(exit, 0)
  assert.match(err, /Ready files, to be read by nobody else/)
  const account = readFileSync(join(target, 'baresip', 'accounts'), 'utf8')
  assert.equal(
    account,
    '<sip:user1@pbx.example.com>;auth_user=user1;auth_pass=correct-horse-battery;' +
      'outbound="sip:192.0.2.10:5061;transport=tls";regint=600;mediaenc=srtp-mand;answermode=manual;ptime=20\n',
  )
  assert.match(
    readFileSync(join(target, 'baresip', 'config'), 'utf8'),
    new RegExp(`^sip_cafile ${target}/ca\\.pem$`, 'm'),
  )
  const linphone = readFileSync(join(target, 'linphonerc'), 'utf8')
  assert.match(linphone, /^media_encryption_mandatory=1$/m)
  assert.match(linphone, /^verify_server_certs=1$/m)
  assert.match(linphone, /^reg_proxy=<sip:192\.0\.2\.10:5061;transport=tls>$/m)
  for (const file of ['linphonerc', 'ca.pem', join('baresip', 'accounts')]) {
    assert.equal(statSync(join(target, file)).mode & 0o777, 0o600)
  }
  assert.equal(statSync(target).mode & 0o777, 0o700)
})

test('devices are listed with where they are, without what could steer the terminal', async () => {
  const { run, state } = createFakeTerminal()
  await run('extension', 'add', '101')
  await run('device', 'add', '--extension', '101')
  const device = state.devices.get('user1')!
  state.devices.set('user1', {
    ...device,
    registered: true,
    protocol: 'TLS',
    sourceAddress: '192.0.2.50',
    userAgent: 'Evil\x1b[2J\u202ePhone',
    weaker: true,
    allowInsecureImportedSecret: true,
  })
  const { out } = await run('device', 'list', '--extension', '101')
  assert.match(out, /TLS from 192\.0\.2\.50 .*Evil·\[2J·Phone +weaker: MD5 digest, allowInsecure: imported secret\n/)
  assert.doesNotMatch(out, /\x1b/)
  assert.equal((await run('device', 'remove', 'user1')).out, 'Device user1 was removed.\n')
})

test('without a server nobody says what is registered', async () => {
  const { run } = createFakeTerminal({ live: false })
  await run('extension', 'add', '101')
  const { out, err } = await run('extension', 'list')
  assert.match(out, /\?\n$/)
  assert.match(err, /No server runs/)
})

test('import reads rows with and without a header', () => {
  const md5 = '0123456789abcdef0123456789ABCDEF'
  const sha256 = md5.repeat(2)
  assert.deepEqual(parseDevices(`# load\n101,a,secret\r\n102,b,${md5}\n103,c,${sha256}\n\n`, 'f'), [
    { extension: '101', username: 'a', password: 'secret' },
    { extension: '102', username: 'b', ha1Md5: md5 },
    { extension: '103', username: 'c', ha1Sha256: sha256 },
  ])
  assert.deepEqual(parseDevices('\ufeffUsername,Extension,Password\n"a ""x"", y",101,"p,1"\n', 'f'), [
    { extension: '101', username: 'a "x", y', password: 'p,1' },
  ])
  assert.deepEqual(parseDevices(`extension,username,ha1_md5,ha1_sha256\n101,a,${md5},${sha256}\n`, 'f'), [
    { extension: '101', username: 'a', ha1Md5: md5, ha1Sha256: sha256 },
  ])
  assert.deepEqual(parseDevices(`extension,username,password,ha1\n101,a,,${sha256}\n102,b,${md5},\n`, 'f'), [
    { extension: '101', username: 'a', ha1Sha256: sha256 },
    { extension: '102', username: 'b', password: md5 },
  ])
})

test('import names the line that is wrong', () => {
  assert.throws(() => parseDevices('101,a,secret\n102,b\n', 'f.csv'), /f\.csv, line 2: needs extension/)
  assert.throws(() => parseDevices('a,"b\n', 'f.csv'), /a quote is opened and never closed/)
  assert.throws(() => parseDevices('extension,password\n', 'f.csv'), /line 1: names the columns/)
  assert.throws(() => parseDevices('\n', 'f.csv'), /holds no device/)
})

test('import sends all rows at once and marks them', async context => {
  const file = join(folder(context), 'phones.csv')
  writeFileSync(file, '101,a,secret\n102,b,secret\n')
  const { run, state } = createFakeTerminal()
  const { out } = await run('device', 'import', file, '--json')
  assert.deepEqual(JSON.parse(out), { imported: 2, allowInsecureImportedSecret: true })
  assert.equal(state.asked.length, 1)
  const missing = await run('device', 'import', '/nowhere.csv')
  assert.equal(missing.exit, 1)
  assert.match(missing.err, /nowhere\.csv cannot be read/)
})
