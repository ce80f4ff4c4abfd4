import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGroup } from './fake-directory.ts'
import type { GroupChange } from './outside-changes.ts'
import { MAXIMUM_GROUPS } from './outside-rules.ts'
import { ACTOR, accepted, codeOf, refusal, startDirectory } from './test-support/started-directory.ts'

const MEMBERS = ['101', '102']

test('a group is added, changed with before and after, kept, and removed', async () => {
  const { directory, published, restarted } = await startDirectory()
  await accepted(directory.addGroup({ number: '200', members: MEMBERS }, ACTOR))
  const change = { number: '200', strategy: 'longest-idle', members: ['102'], otherwise: { kind: 'reject' } } as const
  const group = await accepted(directory.changeGroup(change, ACTOR))
  await accepted(directory.changeGroup(change, ACTOR))
  assert.equal(directory.groupByNumber(directory.primary.id, '200'), group)
  const again = await restarted()
  assert.deepEqual(again.groups(again.primary.id), [group])
  await accepted(directory.removeGroup({ number: '200' }, ACTOR))
  assert.deepEqual(directory.groups(directory.primary.id), [])
  assert.deepEqual(
    published.map(event => [event.type, event.data]),
    [
      ['directory.group-added', { actor: ACTOR, group: '200', members: MEMBERS }],
      [
        'directory.group-changed',
        {
          actor: ACTOR,
          group: '200',
          changed: [
            { field: 'strategy', before: 'all', after: 'longest-idle' },
            { field: 'members', before: '101, 102', after: '102' },
            { field: 'otherwise', before: '-', after: 'reject' },
          ],
        },
      ],
      ['directory.group-removed', { actor: ACTOR, group: '200' }],
    ],
  )
})

test('extensions and groups share their numbers, and none of them calls for help', async () => {
  const { directory } = await startDirectory()
  const add = (number: string) => codeOf(directory.addGroup({ number, members: MEMBERS }, ACTOR))
  assert.equal(await add('101'), 'DIRECTORY_EXTENSION_EXISTS')
  assert.equal(await add('112'), 'DIRECTORY_EMERGENCY_NUMBER')
  assert.equal(await add('a b'), 'DIRECTORY_NUMBER_INVALID')
  assert.equal(await add('200'), 'accepted')
  assert.equal(await add('200'), 'DIRECTORY_GROUP_EXISTS')
  const extension = (number: string) => codeOf(directory.addExtension({ number, name: 'A' }, ACTOR))
  assert.equal(await extension('200'), 'DIRECTORY_GROUP_EXISTS')
  assert.equal(await extension('110'), 'DIRECTORY_EMERGENCY_NUMBER')
  for (const [number, code] of [
    ['200', 'DIRECTORY_GROUP_EXISTS'],
    ['112', 'DIRECTORY_EMERGENCY_NUMBER'],
  ] as const) {
    const devices = [{ extension: number, username: `load-${number}`, password: 'p' }]
    assert.equal(await codeOf(directory.importDevices({ devices }, ACTOR)), code)
  }
  // Those numbers are the country's: elsewhere they are free.
  await accepted(directory.changeCalling({ country: 'US' }, ACTOR))
  assert.equal(await extension('110'), 'accepted')
})

test('settings that are out of bounds', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addGroup({ number: '200', members: MEMBERS }, ACTOR))
  const cases: readonly (readonly [Omit<GroupChange, 'number'>, string])[] = [
    [{ members: [] }, 'DIRECTORY_GROUP_INVALID'],
    [{ members: ['101', '101'] }, 'DIRECTORY_GROUP_INVALID'],
    [{ members: Array.from({ length: 51 }, (_, number) => String(number)) }, 'DIRECTORY_GROUP_INVALID'],
    [{ members: ['101', '103'] }, 'DIRECTORY_EXTENSION_UNKNOWN'],
    [{ members: ['200'] }, 'DIRECTORY_EXTENSION_UNKNOWN'],
    [{ strategy: 'random' as 'all' }, 'DIRECTORY_GROUP_INVALID'],
    [{ stepSeconds: 0 }, 'DIRECTORY_GROUP_INVALID'],
    [{ stepSeconds: 301 }, 'DIRECTORY_GROUP_INVALID'],
    [{ name: '' }, 'DIRECTORY_NAME_INVALID'],
    [{ otherwise: { kind: 'group', number: '200' } }, 'DIRECTORY_TARGET_INVALID'],
    [{ otherwise: { kind: 'external', e164: '+4917612345678' } }, 'DIRECTORY_FORWARDING_CLOSED'],
  ]
  for (const [change, code] of cases) {
    const outcome = directory.changeGroup({ number: '200', ...change }, ACTOR)
    assert.equal(await codeOf(outcome), code, JSON.stringify(change))
  }
  assert.equal(await codeOf(directory.changeGroup({ number: '201', name: 'A' }, ACTOR)), 'DIRECTORY_GROUP_UNKNOWN')
})

test('a group that takes calls is not removed; the refusal names whose', async () => {
  const { directory } = await startDirectory()
  const target = { kind: 'group', number: '200' } as const
  await accepted(directory.addGroup({ number: '200', members: MEMBERS }, ACTOR))
  await accepted(directory.addGroup({ number: '201', members: MEMBERS, otherwise: target }, ACTOR))
  await accepted(directory.addNumber({ e164: '+4930123456', target: { kind: 'reject' }, afterHours: target }, ACTOR))
  await accepted(directory.changeExtensionCalling({ number: '101', forwardBusy: target }, ACTOR))
  await accepted(directory.changeExtensionCalling({ number: '102', forwardAlways: target }, ACTOR))
  const refused = await refusal(directory.removeGroup({ number: '200' }, ACTOR))
  assert.equal(refused.code, 'DIRECTORY_IN_USE')
  assert.match(refused.message, /number \+4930123456, group 201, extension 101 and 1 more/)
})

test('a member that was removed does not stand in the way of other settings', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addGroup({ number: '200', members: MEMBERS }, ACTOR))
  const removed = await accepted(directory.removeExtension({ number: '102' }, ACTOR))
  assert.deepEqual(removed.usedBy, ['group 200'])
  await accepted(directory.changeGroup({ number: '200', stepSeconds: 30 }, ACTOR))
})

test('the bound of groups', async () => {
  const { state, restarted } = await startDirectory()
  const { id } = state.organisations[0]!
  state.groups = Array.from({ length: MAXIMUM_GROUPS }, (_, n) => fakeGroup(id, { number: String(2_000 + n) }))
  const directory = await restarted()
  assert.equal(await codeOf(directory.addGroup({ number: '300', members: MEMBERS }, ACTOR)), 'DIRECTORY_LIMIT')
})
