import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FAKE_TRUNK } from '../../api/fake-outside.ts'
import { createFakeTerminal } from '../fake-ports.ts'

function file(context: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-outside-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('a trunk is added with what was said, and its password is in no output', async context => {
  const password = file(context, 'password', 'correct horse\r\nsecond line\n')
  const { run, state } = createFakeTerminal()
  const line =
    'trunk add provider --host sip.example.net --port 5071 --register --username 4930 --priority 5 --weight 0'
  const limits = '--maximum-calls 10 --calls-per-second 0.5 --number-format e164 --sign-identity --domain example.net'
  const { exit, out, err } = await run(
    ...line.split(' '),
    ...limits.split(' '),
    ...'--source 192.0.2.0/24 --source 198.51.100.1,198.51.100.2 --password-file'.split(' '),
    password,
  )
  assert.equal(exit, 0)
  assert.equal(out, 'Trunk provider to sip.example.net was added.\n')
  assert.match(err, /^Numbers are dialled as in DE; where that is wrong: ringfence calling set --country AT$/m)
  assert.match(err, /^Next, see whether it answers: ringfence trunk test provider$/m)
  assert.deepEqual(state.asked, [
    [
      'trunkAdd',
      {
        name: 'provider',
        host: 'sip.example.net',
        numberFormat: 'e164',
        register: true,
        signIdentity: true,
        sources: ['192.0.2.0/24', '198.51.100.1', '198.51.100.2'],
        port: 5071,
        username: '4930',
        domain: 'example.net',
        priority: 5,
        weight: 0,
        maximumCalls: 10,
        callsPerSecond: 0.5,
        password: 'correct horse',
      },
    ],
  ])
  for (const command of [['list'], ['show', 'provider'], ['list', '--json'], ['show', 'provider', '--json']]) {
    const shown = await run('trunk', ...command)
    assert.equal(shown.exit, 0)
    assert.doesNotMatch(shown.out + shown.err, /correct horse/)
  }
})

test('a password is asked for where a user name comes without one, and only then', async () => {
  const prompts: string[] = []
  const readPassword = async (prompt: string): Promise<string> => {
    prompts.push(prompt)
    return 'typed'
  }
  const { run, state } = createFakeTerminal({ ports: { readPassword } })
  await run('trunk', 'add', 'a', '--host', 'sip.example.net', '--username', '4930')
  await run('trunk', 'add', 'b', '--host', 'sip.example.net', '--username', '4930', '--no-password')
  await run('trunk', 'add', 'c', '--host', 'sip.example.net')
  await run('trunk', 'change', 'a', '--username', '4931')
  await run('trunk', 'change', 'a', '--new-password')
  await run('trunk', 'change', 'a', '--password-file', '-')
  await run('trunk', 'change', 'a', '--no-password')
  assert.deepEqual(
    state.asked.map(([, input]) => (input as { password?: string | null }).password),
    ['typed', undefined, undefined, undefined, 'typed', 'typed', null],
  )
  assert.equal(prompts.length, 3)
  assert.equal(prompts[0], 'Password of 4930 (it is not shown): ')
})

test('a password is never an argument', async () => {
  const { run, state } = createFakeTerminal()
  const refused = await run('trunk', 'add', 'a', '--host', 'sip.example.net', '--password', 'secret')
  assert.equal(refused.exit, 2)
  assert.match(refused.err, /^ringfence: a password is no argument: /)
  assert.doesNotMatch(refused.err, /secret/)
  assert.doesNotMatch((await run('trunk', 'add', '--help')).out, /--password </)
  assert.doesNotMatch((await run('completion', 'bash')).out, /--password /)
  assert.deepEqual(state.asked, [])
})

test('the list of trunks says in plain sight what is not encrypted, and what is wrong', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('trunk', 'list')).out, /^There is no trunk yet: no call leaves, not even for help\./)
  const live = {
    health: 'up',
    problem: null,
    registeredUntil: null,
    calls: 2,
    tls: 'TLSv1.3 X',
    remote: null,
    roundTrip: 3,
  } as const
  state.outside.trunks.set('good', { ...FAKE_TRUNK, name: 'good', port: 5061, live })
  state.outside.trunks.set('old', {
    ...FAKE_TRUNK,
    name: 'old',
    host: '2001:db8::1',
    port: 5060,
    transport: 'UDP',
    allowInsecureSignalling: true,
    allowInsecureMedia: true,
    live: { ...live, health: 'down', problem: 'no answer within 4 s', calls: 0 },
  })
  state.outside.trunks.set('off', { ...FAKE_TRUNK, name: 'off', allowInsecureMedia: true, state: 'disabled' })
  assert.equal(
    (await run('trunk', 'list')).out,
    [
      'TRUNK  PURPOSE   PEER                  ENCRYPTION                                        HEALTH    CALLS  PROBLEM',
      'good   provider  sip.example.net:5061  TLS and SRTP                                      up        2',
      'old    provider  [2001:db8::1]:5060    signalling NOT ENCRYPTED (UDP); media may be too  down      0      no answer within 4 s',
      'off    provider  sip.example.net       TLS; media may be NOT ENCRYPTED                   disabled  ?',
      '',
    ].join('\n'),
  )
  state.outside.trunks.set('registered', { ...FAKE_TRUNK, live: { ...live, registeredUntil: Date.UTC(2026, 10, 22) } })
  const [, , , registered] = JSON.parse((await run('trunk', 'list', '--json')).out)
  assert.equal(registered.live.registeredUntil, '2026-11-22T00:00:00.000Z')
  const shown = await run('trunk', 'show', 'old')
  assert.match(shown.out, /^Encryption +signalling NOT ENCRYPTED \(UDP\); media may be too$/m)
  assert.match(shown.out, /^Problem +no answer within 4 s$/m)
  assert.match(shown.out, /^Certificate +none: no TLS$/m)
})

test('a test of a trunk prints each step, and its exit code says whether it works', async () => {
  const { run, state } = createFakeTerminal()
  const good = await run('trunk', 'test', 'provider')
  assert.deepEqual(good, { exit: 0, out: 'ok    resolved  192.0.2.20\nTrunk provider works.\n', err: '' })
  const steps = [
    { step: 'connected', ok: true, detail: '192.0.2.20:5061' },
    { step: 'certificate', ok: false, detail: 'it names sip.example, not trunk.example\u001b[2J' },
  ]
  state.outside.trunkTest = { ok: true, value: { ok: false, steps } }
  const bad = await run('trunk', 'test', 'provider')
  assert.equal(bad.exit, 1)
  assert.equal(
    bad.out,
    'ok    connected    192.0.2.20:5061\nFAIL  certificate  it names sip.example, not trunk.example·[2J\nTrunk provider does not work.\n',
  )
  assert.equal((await run('trunk', 'test', 'provider', '--json')).exit, 1)
  const alone = createFakeTerminal({ live: false })
  assert.equal((await alone.run('trunk', 'test', 'provider')).exit, 3)
  assert.deepEqual(alone.state.asked, [])
})

test('a trunk is changed, disabled, enabled and removed', async () => {
  const { run, state } = createFakeTerminal()
  await run('trunk', 'add', 'a', '--host', 'sip.example.net')
  state.asked.length = 0
  const line =
    'trunk change a --port none --domain none --username none --source none --certificate-authority none --no-register'
  assert.equal((await run(...line.split(' '))).out, 'Trunk a was changed.\n')
  assert.equal((await run('trunk', 'disable', 'a')).out, 'Trunk a is disabled.\n')
  assert.equal((await run('trunk', 'enable', 'a')).out, 'Trunk a is enabled.\n')
  assert.equal((await run('trunk', 'remove', 'a')).out, 'Trunk a was removed.\n')
  assert.deepEqual(state.asked, [
    [
      'trunkChange',
      { name: 'a', register: false, sources: [], port: null, certificateAuthority: null, username: null, domain: null },
    ],
    ['trunkChange', { name: 'a', state: 'disabled' }],
    ['trunkChange', { name: 'a', state: 'enabled' }],
    ['trunkRemove', { name: 'a' }],
  ])
  assert.equal((await run('trunk', 'show', 'a')).exit, 1)
})

test('numbers are added, routed, listed and removed', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('number', 'list')).out, /^There is no number yet\. Add one: /)
  const added = await run('number', 'add', '+49 30 1234-5678', '--to', 'extension:101', '--label', 'main number')
  assert.equal(added.out, 'Number +493012345678 was added: calls go to extension:101.\n')
  const line = 'number route +493012345678 --to group:200 --after-hours external:+4930999 --anonymous reject'
  assert.equal(
    (await run(...line.split(' '))).out,
    'Number +493012345678 was changed: calls go to group:200, outside the office hours to external:+4930999.\n',
  )
  assert.equal(
    (await run('number', 'list')).out,
    [
      'NUMBER         LABEL        TO         AFTER HOURS        ANONYMOUS',
      '+493012345678  main number  group:200  external:+4930999  reject',
      '',
    ].join('\n'),
  )
  await run('number', 'route', '+493012345678', '--after-hours', 'none')
  assert.deepEqual(state.asked.at(-1), ['numberRoute', { e164: '+493012345678', afterHours: null }])
  assert.equal((await run('number', 'remove', '+493012345678')).out, 'Number +493012345678 was removed.\n')
})

test('groups are added, changed, listed and removed', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('group', 'list')).out, /^There is no group yet\. Add one: /)
  const added = await run('group', 'add', '200', '--name', 'Sales', '--members', '101, 102', '--strategy', 'in-order')
  assert.equal(added.out, 'Group 200 (Sales) was added: 101, 102.\n')
  const line = 'group change 200 --strategy longest-idle --step-seconds 15 --otherwise extension:100'
  assert.equal((await run(...line.split(' '))).out, 'Group 200 was changed: 101, 102, longest-idle, 15 s.\n')
  assert.match((await run('group', 'list')).out, /^200 +Sales +101, 102 +longest-idle, 15 s +extension:100$/m)
  assert.deepEqual(
    state.asked.map(([name]) => name),
    ['groupAdd', 'groupChange'],
  )
  assert.equal((await run('group', 'remove', '200')).out, 'Group 200 was removed.\n')
})

test('how the organisation calls is shown and set', async context => {
  const location = file(context, 'place.xml', '<presence/>')
  const { run, state } = createFakeTerminal()
  const before = await run('calling', 'show')
  assert.match(before.out, /^Emergency location +NOT SET: nobody would know where to go$/m)
  assert.match(before.out, /^Office hours +always open \(Europe\/Berlin\)$/m)
  const set = await run(
    ...'calling set --country at --outside-line-prefix 0 --area-code 30 --open-countries at,DE'.split(' '),
    '--hours',
    'mon-thu 09:00-17:00',
    '--hours',
    'fri,sun 09:00-24:00',
    '--time-zone',
    'Europe/Vienna',
    ...'--open-classes special-service --default-caller-id +4312345 --holidays 2026-12-25,2026-12-26'.split(' '),
    '--allow-off-net-forwarding',
    '--emergency-notify',
    '100,101',
    '--emergency-location-file',
    location,
    '--emergency-location',
    'Main street 1',
  )
  assert.equal(set.exit, 0)
  assert.deepEqual(state.asked, [
    [
      'callingChange',
      {
        country: 'AT',
        outsidePrefix: '0',
        areaCode: '30',
        openCountries: ['AT', 'DE'],
        openClasses: ['special-service'],
        defaultCallerId: '+4312345',
        hours: [
          { days: [1, 2, 3, 4], from: '09:00', to: '17:00' },
          { days: [5, 7], from: '09:00', to: '24:00' },
        ],
        timeZone: 'Europe/Vienna',
        holidays: ['2026-12-25', '2026-12-26'],
        offNetForwarding: true,
        emergencyLocationText: 'Main street 1',
        emergencyLocation: '<presence/>',
        emergencyNotify: ['100', '101'],
      },
    ],
  ])
  assert.match(set.out, /^Office hours +mon-thu 09:00-17:00; fri,sun 09:00-24:00 \(Europe\/Vienna\)$/m)
  assert.match(set.out, /^Off-net forwarding +open$/m)
  const clear = 'calling set --outside-line-prefix none --default-caller-id none --holidays none --hours always'
  await run(...clear.split(' '), ...'--open-classes none --emergency-location none --emergency-notify none'.split(' '))
  assert.deepEqual(state.asked.at(-1)?.[1], {
    outsidePrefix: null,
    openClasses: [],
    defaultCallerId: null,
    hours: [],
    holidays: [],
    emergencyLocationText: null,
    emergencyNotify: [],
  })
  await run('calling', 'set', '--no-allow-off-net-forwarding')
  assert.deepEqual(state.asked.at(-1)?.[1], { offNetForwarding: false })
  assert.equal((await run('calling', 'set')).exit, 2)
})

test('how an extension calls is shown and changed', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('extension', 'calling', '101')).out, /^Forward no answer +off$/m)
  assert.deepEqual(state.asked, [])
  const line =
    'extension calling 101 --caller-id +4930123 --privacy --do-not-disturb --forward-always external:+4930999 ' +
    '--forward-busy group:200 --forward-no-answer extension:102 --forward-unreachable off --no-answer-seconds 15 ' +
    '--anonymous reject --maximum-calls 2 --emergency-location Roof'
  const changed = await run(...line.split(' '))
  assert.equal(changed.exit, 0)
  assert.match(changed.out, /^Forward no answer +extension:102, after 15 s$/m)
  assert.match(changed.out, /^Privacy +withholds its number$/m)
  assert.deepEqual(state.asked, [
    [
      'extensionCallingChange',
      {
        extension: '101',
        callerId: '+4930123',
        privacy: true,
        doNotDisturb: true,
        forwardAlways: 'external:+4930999',
        forwardBusy: 'group:200',
        forwardNoAnswer: 'extension:102',
        forwardUnreachable: null,
        noAnswerSeconds: 15,
        anonymous: 'reject',
        maximumCalls: 2,
        emergencyLocationText: 'Roof',
      },
    ],
  ])
})

test('a dry run says what would happen, in exactly six words of JSON', async () => {
  const { run, state } = createFakeTerminal()
  const { exit, out } = await run('dial', '030 12345678', '--from', '101', '--dry-run', '--json')
  assert.equal(exit, 0)
  assert.deepEqual(Object.keys(JSON.parse(out)), ['e164', 'class', 'verdict', 'route', 'callerId', 'reason'])
  state.outside.dial = { ...state.outside.dial, verdict: 'denied', route: [], reason: 'AT is closed' }
  const denied = await run('dial', '0043123456', '--from', '101', '--dry-run')
  assert.equal(denied.exit, 0)
  assert.match(denied.out, /^Verdict +denied\nReason +AT is closed\n/)
  state.asked.length = 0
  const placed = await run('dial', '030', '--from', '101')
  assert.equal(placed.exit, 2)
  assert.match(placed.err, /placing calls by command is not offered/)
  assert.deepEqual(state.asked, [])
})

const WRONG: readonly (readonly [line: string, said: RegExp])[] = [
  ['trunk add a --host h --port 0', /^ringfence: --port 0: is not a whole number from 1 to 65535$/m],
  ['trunk add a --host h --priority -1', /--priority/],
  ['trunk add a --host h --calls-per-second 0', /--calls-per-second 0: is not a number above 0/],
  ['trunk add a --host h --transport sctp', /Allowed choices are tls, tcp, udp/],
  ['trunk add a', /required option '--host <name>'/],
  ['number add 030123 --to reject', /the number 030123: is no number with its country code/],
  ['number add +4930123 --to 101', /--to 101: is no place for a call; use one of extension:101/],
  ['number add +4930123 --to trunk:', /--to trunk:: is no place/],
  ['number add +4930123', /required option '--to <target>'/],
  ['group add 200 --members 101 --strategy random', /Allowed choices are all, in-order, longest-idle/],
  ['group add 200 --members 101 --step-seconds 0', /--step-seconds 0: is not a whole number from 1 to 3600/],
  ['calling set --country Germany', /--country GERMANY|--country Germany: is no country in two letters/],
  ['calling set --hours mon-fri', /--hours "mon-fri": is no span of office hours/],
  ['calling set --open-classes cheap', /--open-classes cheap: is none of/],
  ['calling set --emergency-location-file /nowhere/at/all', /cannot be read/],
  ['extension calling 101 --forward-busy voicemail', /--forward-busy voicemail: is no place for a call/],
  ['extension calling 101 --maximum-calls many', /--maximum-calls many: is not a whole number/],
  ['dial 112 --dry-run', /required option '--from <extension>'/],
]

test('what cannot be understood is refused with an example, and nothing is asked', async () => {
  for (const [line, said] of WRONG) {
    const { run, state } = createFakeTerminal()
    const { exit, err } = await run(...line.split(' '))
    assert.ok(exit === 2 || exit === 1, `${line}: ${exit}`)
    assert.match(err, said, line)
    assert.deepEqual(state.asked, [], line)
  }
})

test('office hours that no clock shows are refused', async () => {
  for (const hours of [
    'fri 17:00-09:00',
    'mon 9:00-17:00',
    'mon 09:00-25:00',
    'xyz 09:00-17:00',
    'mon-tue-wed 09:00-17:00',
    '',
  ]) {
    const { run, state } = createFakeTerminal()
    assert.equal((await run('calling', 'set', '--hours', hours)).exit, 2, hours)
    assert.deepEqual(state.asked, [])
  }
  const { run, state } = createFakeTerminal()
  await run('calling', 'set', '--hours', 'SAT-MON 10:00-12:30')
  assert.deepEqual(state.asked.at(-1)?.[1], { hours: [{ days: [1, 6, 7], from: '10:00', to: '12:30' }] })
})

test('a file without a certificate is no authority', async context => {
  const path = file(context, 'ca.pem', 'nothing')
  const { run, state } = createFakeTerminal()
  const { exit, err } = await run('trunk', 'add', 'a', '--host', 'h', '--certificate-authority', path)
  assert.equal(exit, 2)
  assert.match(err, /holds no certificate in PEM/)
  assert.deepEqual(state.asked, [])
})
