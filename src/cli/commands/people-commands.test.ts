import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAKE_PERSON } from '../../api/fake-people.ts'
import { createFakeTerminal } from '../fake-ports.ts'

const LINK = 'https://pbx.example.com:8443/enrol#dG9rZW4'

test('an invitation is for the first organisation, unless another or the whole installation is named', async () => {
  const { run, state } = createFakeTerminal()
  const base = ['people', 'invite', 'ben@example.com', '--name', 'Ben']
  const { exit, out, err } = await run(...base, '--role', 'user', '--extension', '101')
  assert.equal(exit, 0)
  assert.equal(out, `${LINK}\n`, 'a program reads nothing but the link')
  assert.match(err, /^For ben@example\.com, user of pbx\.example\.com\. It works once/)
  await run(...base, '--role', 'auditor', '--organisation', 'two.example.com')
  const wide = await run(...base, '--role', 'security', '--installation')
  assert.match(wide.err, /security of the whole installation/)
  const input = { email: 'ben@example.com', name: 'Ben' }
  assert.deepEqual(state.asked, [
    ['peopleInvite', { ...input, role: 'user', extension: '101' }],
    ['peopleInvite', { ...input, role: 'auditor', organisation: 'two.example.com' }],
    ['peopleInvite', { ...input, role: 'security', organisation: null }],
  ])
})

for (const [line, words] of [
  ['people invite ben@example.com --name Ben', /--role/],
  ['people invite ben@example.com --name Ben --role root', /Allowed choices are owner/],
  ['people invite ben@example.com --role user', /--name/],
  [
    'people invite ben@example.com --name B --role owner --installation --organisation a.example',
    /cannot be used with/,
  ],
  ['people recover ada@example.com', /--reason/],
  ['people suspend ada@example.com', /--reason/],
  ['people restore ada@example.com', /--reason/],
  ['people role ada@example.com admin', /Allowed choices are owner/],
  ['people remove', /missing required argument/],
  ['api-key add x', /--scope/],
  ['api-key add x --scope everything', /is no scope; for example status:read/],
  ['api-key add x --scope status:read --for 366d', /is no time of at most 365 days/],
  ['api-key add x --scope status:read --for ever', /is no time/],
  ['organisation add Bakery', /--domain/],
] as const) {
  test(`refused before anything is asked: ${line}`, async () => {
    const { run, state } = createFakeTerminal()
    const { exit, err } = await run(...line.split(' '))
    assert.equal(exit, 2)
    assert.match(err, words)
    assert.deepEqual(state.asked, [])
  })
}

test('break-glass says what it does, and that it is in the log; the link alone is the output', async () => {
  const { run, state } = createFakeTerminal()
  const line = ['people', 'recover', 'ada@example.com', '--reason', 'stolen']
  const { exit, out, err } = await run(...line)
  assert.deepEqual([exit, out], [0, `${LINK}\n`])
  assert.match(err, /^BREAK-GLASS: whoever opens this link is ada@example\.com\./m)
  assert.match(err, /critical event/)
  assert.deepEqual(state.asked, [['peopleRecover', { email: 'ada@example.com', reason: 'stolen' }]])
  state.people.people = [{ ...FAKE_PERSON, state: 'invited' }]
  const unused = await run(...line)
  assert.doesNotMatch(unused.err, /BREAK-GLASS/)
  assert.match(unused.err, /had not used the first link/)
  const json = await run(...line, '--json')
  assert.equal(JSON.parse(json.out).url, LINK)
  assert.equal(JSON.parse(json.out).expiresAt, '2026-11-24T03:04:05.000Z')
  assert.equal((await run('people', 'recover', 'eve@example.com', '--reason', 'x')).exit, 1)
})

test('the link of the first owner is there as long as there is none', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('people', 'link')).out, `${LINK}\n`)
  state.people.link = undefined
  const { exit, out, err } = await run('people', 'link')
  assert.deepEqual([exit, out], [1, ''])
  assert.match(err, /there is an owner already/)
})

test('people are a table of what each has; what strangers wrote steers no terminal', async () => {
  const { run, state } = createFakeTerminal()
  const hostile = '\u001b[2J\u202eeve'
  state.people.people = [
    FAKE_PERSON,
    { ...FAKE_PERSON, name: hostile, email: 'b@x.example', organisation: null, state: 'invited', passkeys: 0 },
    { ...FAKE_PERSON, passkeys: 1, passwordAndCodes: true, recoveryCodesLeft: 3, state: 'suspended', extension: '101' },
  ]
  const { out } = await run('people', 'list')
  assert.match(out, /^ada@example\.com {2}Ada .* helpdesk {2}pbx\.example\.com .* - .* active {5}2 passkeys /m)
  assert.match(
    out,
    /^b@x\.example .* ··\[2J·eve|^b@x\.example {6}·\[2J·eve {2}helpdesk {2}whole installation .* invited {4}- /m,
  )
  assert.match(out, / 101 .* suspended {2}1 passkey; password \+ codes, 3 for recovery {2}/)
  assert.doesNotMatch(out, /[\u001b\u202e]/)
  state.people.people = []
  assert.match((await run('people', 'list')).out, /ringfence people link/)
})

test('somebody is suspended, restored, given another role and removed', async () => {
  const { run, state } = createFakeTerminal()
  const email = FAKE_PERSON.email
  const suspended = await run('people', 'suspend', email, '--reason', 'left')
  assert.equal(suspended.out, `${email} cannot sign in any more.\n`)
  assert.match(suspended.err, /Their extension still calls/)
  assert.match((await run('people', 'restore', email, '--reason', 'back')).out, /may sign in again, as helpdesk/)
  assert.equal((await run('people', 'role', email, 'auditor')).out, `${email} is auditor now.\n`)
  await run('people', 'role', email, 'user', '--extension', '101')
  await run('people', 'role', email, 'auditor', '--extension', 'none')
  assert.equal((await run('people', 'remove', email)).out, `${email} is removed.\n`)
  assert.deepEqual(state.asked, [
    ['peopleSuspend', { email, reason: 'left' }],
    ['peopleRestore', { email, reason: 'back' }],
    ['peopleRole', { email, role: 'auditor' }],
    ['peopleRole', { email, role: 'user', extension: '101' }],
    ['peopleRole', { email, role: 'auditor', extension: null }],
    ['peopleRemove', { email }],
  ])
})

test('sessions are listed, and end one by one or all of a person', async () => {
  const { run, state } = createFakeTerminal()
  const id = state.people.sessions[0]!.id
  assert.match((await run('people', 'sessions')).out, new RegExp(`^${id} {2}ada@example\\.com {2}passkey`, 'm'))
  assert.equal((await run('people', 'sessions', 'eve@example.com')).out, 'Nobody is signed in.\n')
  assert.equal((await run('people', 'revoke', id)).out, 'Ended: 1 session.\n')
  await run('people', 'revoke', 'ada@example.com')
  assert.deepEqual(state.asked, [
    ['peopleSessions', {}],
    ['peopleSessions', { email: 'eve@example.com' }],
    ['peopleRevoke', { session: id }],
    ['peopleRevoke', { email: 'ada@example.com' }],
  ])
})

test('a key is printed once, alone; lists show where each works and when it ends', async () => {
  const { run, state, clock } = createFakeTerminal()
  const line = 'api-key add monitoring --scope status:read,calls:read --network 192.0.2.0/24 --for 30d'
  const { out, err } = await run(...line.split(' '))
  assert.equal(out, 'rfk_id_secret\n')
  assert.match(err, /is not shown again/)
  assert.doesNotMatch(err, /rfk_|from anywhere/)
  assert.match((await run('api-key', 'add', 'x', '--scope', 'log:read', '--installation')).err, /works from anywhere/)
  const first = { name: 'monitoring', scopes: ['status:read', 'calls:read'], networks: ['192.0.2.0/24'] }
  assert.deepEqual(state.asked, [
    ['apiKeyAdd', { ...first, seconds: 2_592_000 }],
    ['apiKeyAdd', { name: 'x', scopes: ['log:read'], networks: [], seconds: 7_776_000, organisation: null }],
  ])
  const list = await run('api-key', 'list')
  assert.match(list.out, / monitoring {2}pbx\.example\.com {2}status:read {2}192\.0\.2\.0\/24 {2}2026-/)
  clock.advance(10 * 86_400_000)
  assert.match((await run('api-key', 'list')).out, / over {2}/)
  assert.equal((await run('api-key', 'remove', 'monitoring')).out, 'The key monitoring is removed.\n')
  assert.equal((await run('api-key', 'remove', 'nothing')).exit, 1)
})

test('organisations are listed and added', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('organisation', 'list')).out, /^o-1 {2}First {2}pbx\.example\.com {2}2 {11}1 /m)
  const added = await run('organisation', 'add', 'Bakery', '--domain', 'bakery.example.com')
  assert.equal(added.out, 'Bakery is there, with bakery.example.com.\n')
  assert.match(added.err, /people invite EMAIL --name NAME --role owner --organisation bakery\.example\.com/)
  assert.deepEqual(state.asked, [['organisationAdd', { name: 'Bakery', domain: 'bakery.example.com' }]])
})
