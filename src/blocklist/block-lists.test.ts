/** Lists while the system runs: from files and from a server on this machine, with a clock that the test moves. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Publisher, says, startPublisher } from '../../test/support/list-publisher.ts'
import { ManualClock } from '../base/clock.ts'
import { type BlockListsOptions, createBlockLists } from './block-lists.ts'
import type { ListSettings, ListStatus } from './types.ts'

let publisher: Publisher
let root: string
let folder: string
before(async () => {
  publisher = await startPublisher()
  root = mkdtempSync(join(tmpdir(), 'ringfence-blocklist-'))
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'kept-'))
})
after(() => {
  publisher.close()
  rmSync(root, { recursive: true })
})

const HOUR = 3_600_000
const list = (more: Partial<ListSettings>): ListSettings => ({
  name: 'mine',
  form: 'cidr',
  from: publisher.url('/list'),
  ...more,
})

function setUp(lists: readonly ListSettings[], more: Partial<BlockListsOptions> = {}, clock = new ManualClock()) {
  const changes: (readonly [string, number, number])[] = []
  const problems: string[] = []
  const blockLists = createBlockLists({
    lists,
    folder,
    clock,
    ...publisher.trusted,
    onChanged: ({ name, entries }, before) => changes.push([name, before, entries]),
    onProblem: ({ problem }) => problems.push(problem ?? ''),
    ...more,
  })
  return { blockLists, clock, changes, problems }
}

function file(text: string, name = 'banned.txt'): string {
  const path = join(folder, '..', name)
  writeFileSync(path, text)
  return path
}

/** `count` networks of one family. */
function networks(count: number, first = 45): string {
  return Array.from({ length: count }, (_, at) => `${first}.${at >> 8}.${at & 255}.0/24\n`).join('')
}

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; !holds(); round++) {
    assert.ok(round < 400, 'it did not happen within four seconds')
    await pause(10)
  }
}

test('a list in a file is in force when the start is over; the narrowest network of any list is found, and named', async () => {
  const { blockLists, changes } = setUp([
    list({ name: 'wide', from: file('45.0.0.0/16\n2a00:5::/32\n', 'wide.txt') }),
    list({ name: 'narrow', from: file('45.0.7.0/24\n', 'narrow.txt') }),
    list({ name: 'tried', from: file('45.0.7.7\n46.0.0.0/16\n', 'tried.txt'), mode: 'dry-run' }),
  ])
  assert.equal(blockLists.find('45.0.7.7'), undefined)
  await blockLists.start()
  assert.deepEqual(blockLists.find('45.0.1.1'), { list: 'wide', network: '45.0.0.0/16', mode: 'on' })
  assert.deepEqual(
    blockLists.find('45.0.7.7'),
    { list: 'narrow', network: '45.0.7.0/24', mode: 'on' },
    'one that is only tried hides none that is in force',
  )
  assert.deepEqual(blockLists.find('46.0.1.1'), { list: 'tried', network: '46.0.0.0/16', mode: 'dry-run' })
  assert.deepEqual(blockLists.find('::ffff:45.0.1.1')?.list, 'wide')
  assert.deepEqual(blockLists.find('2a00:5:1::9')?.network, '2a00:5::/32')
  for (const address of ['47.0.0.1', '2a00:6::1', '', 'nonsense', 'fe80::1%eth0', '::1', '127.0.0.1'])
    assert.equal(blockLists.find(address), undefined, address)
  assert.deepEqual(changes.toSorted(), [
    ['narrow', 0, 1],
    ['tried', 0, 2],
    ['wide', 0, 2],
  ])
  await blockLists.stop()
})

test('networks of ours are never found, nor what is private within a network that is listed', async () => {
  const { blockLists } = setUp([list({ from: file('45.0.5.0/24\n46.0.0.0/16\n192.0.0.0/8\n') })], {
    ownNetworks: ['45.0.0.0/16', '46.0.9.0/24'],
  })
  await blockLists.start()
  for (const address of ['45.0.5.1', '46.0.9.9', '192.168.1.1'])
    assert.equal(blockLists.find(address), undefined, address)
  assert.equal(blockLists.find('192.1.1.1')?.network, '192.0.0.0/8')
  const [status] = blockLists.statuses()
  assert.equal(status?.entries, 1)
  assert.equal(status?.remark, '2 left out: networks of ours')
  await blockLists.stop()
})

test('from a server: the start does not wait; status says what was read, when, and when again', async () => {
  publisher.answer = says('45.1.0.0/16\n10.0.0.0/8\n', { etag: '"a"' })
  const { blockLists, clock } = setUp([list({ refreshSeconds: 3_600 })])
  await blockLists.start()
  await until(() => blockLists.find('45.1.2.3') !== undefined)
  await blockLists.refresh()
  const [status] = blockLists.statuses()
  const { digest, readAt, nextAt, ...rest } = status!
  assert.match(digest ?? '', /^[0-9a-f]{64}$/)
  assert.equal(readAt, clock.now())
  assert.ok(nextAt! >= clock.now() + 0.9 * HOUR && nextAt! <= clock.now() + 1.1 * HOUR)
  assert.deepEqual(rest, {
    name: 'mine',
    from: publisher.url('/list'),
    form: 'cidr',
    mode: 'on',
    entries: 1,
    skipped: 1,
    remark: '1 left out: private or reserved',
    isStale: false,
    problem: undefined,
  })
  await blockLists.stop()
  assert.equal(clock.pendingCount, 0)
})

test('it is read again by itself, and only sent if it changed', async () => {
  let version = 1
  publisher.answer = (request, response) =>
    request.headers['if-none-match'] === `"${version}"`
      ? void response.writeHead(304).end()
      : says(`45.${version}.0.0/16\n`, { etag: `"${version}"` })(request, response)
  const { blockLists, clock, changes } = setUp([list({ refreshSeconds: 3_600 })])
  await blockLists.start()
  await until(() => blockLists.statuses()[0]?.nextAt !== undefined)
  const asked = publisher.asked.length
  clock.advance(1.1 * HOUR)
  await until(() => publisher.asked.length === asked + 1 && blockLists.statuses()[0]?.readAt === clock.now())
  assert.equal(changes.length, 1, 'unchanged is no change')
  version = 2
  await until(() => clock.pendingCount === 1)
  clock.advance(1.1 * HOUR)
  await until(() => blockLists.find('45.2.0.1') !== undefined)
  assert.equal(blockLists.find('45.1.0.1'), undefined)
  await blockLists.stop()
})

const GOOD = networks(100)
for (const [what, answer, words] of [
  ['an empty answer', says(''), /is empty/],
  ['an error page', says('<html>502</html>'), /web page/],
  ['an error page that says so', says('<html>502</html>', { 'content-type': 'text/html' }), /web page/],
  ['everybody', says(`${GOOD}0.0.0.0/0\n`), /as wide as \/0/],
  ['only private networks', says('10.0.0.0/8\n'), /nothing of it can be used/],
  ['a line that is broken', says(`${GOOD}45.300.0.0/16\n`), /line 101 is no network/],
  ['a twentieth of it', says(networks(5)), /nine tenths of it are gone: 5 networks where 100 were/],
  ['a hundred times of it', says(networks(10_000)), /grown tenfold: 10000 networks where 100 were/],
  ['ten thousand times as many addresses', says(`${GOOD}60.0.0.0/8\n61.0.0.0/8\n`), /ten times as many addresses/],
  ['a server that is down', (_q, response) => void response.writeHead(503).end(), /answered 503/],
  [
    'half of it',
    (_q, response) => {
      response.writeHead(200, { 'content-length': '5000' })
      response.write(networks(50), () => response.destroy())
    },
    /half a list/,
  ],
] as const satisfies readonly (readonly [string, Publisher['answer'], RegExp])[]) {
  test(`the old one stays in force, and that is said once, after ${what}`, async () => {
    publisher.answer = says(GOOD, { etag: '"x"' })
    const { blockLists, clock, problems, changes } = setUp([list({ refreshSeconds: 86_400 })])
    await blockLists.start()
    await blockLists.refresh()
    const { digest } = blockLists.statuses()[0]!
    publisher.answer = answer
    await blockLists.refresh()
    await blockLists.refresh()
    const [status] = blockLists.statuses() as [ListStatus]
    assert.match(status.problem ?? '', words)
    assert.equal(status.digest, digest)
    assert.equal(status.entries, 100)
    assert.ok(blockLists.find('45.0.99.1'))
    assert.equal(problems.length, 1)
    assert.equal(changes.length, 1)
    assert.equal(status.isStale, false)
    clock.advance(4 * 86_400_000)
    assert.equal(blockLists.statuses()[0]?.isStale, true)
    await blockLists.stop()
  })
}

test('what is absurd is taken by force, and nothing else is', async () => {
  publisher.answer = says(GOOD)
  const { blockLists } = setUp([list({})])
  await blockLists.start()
  await blockLists.refresh()
  publisher.answer = says(networks(3))
  assert.match((await blockLists.refresh('mine'))[0]?.problem ?? '', /nine tenths/)
  const [status] = await blockLists.refresh('mine', { force: true })
  assert.deepEqual([status?.entries, status?.problem], [3, undefined])
  publisher.answer = says('0.0.0.0/0\n')
  assert.match((await blockLists.refresh('mine', { force: true }))[0]?.problem ?? '', /as wide/)
  assert.deepEqual(await blockLists.refresh('other'), [])
  await blockLists.stop()
})

test('after failures the pauses grow to the refresh; a server that names a pause gets it', async () => {
  publisher.answer = (_request, response) => void response.writeHead(503).end()
  const { blockLists, clock, problems } = setUp([list({ refreshSeconds: 3_600 })])
  await blockLists.start()
  const pauses: number[] = []
  for (let round = 0; round < 9; round++) {
    await blockLists.refresh()
    pauses.push((blockLists.statuses()[0]!.nextAt! - clock.now()) / 60_000)
  }
  for (const [at, minutes] of [1, 2, 4, 8, 16, 32, 60, 60, 60].entries())
    assert.ok(pauses[at]! >= 0.9 * minutes && pauses[at]! <= 1.1 * minutes, `${at}: ${pauses.join(' ')}`)
  assert.equal(problems.length, 1)
  assert.equal(blockLists.statuses()[0]?.isStale, true, 'nothing was ever read')
  publisher.answer = (_request, response) => void response.writeHead(429, { 'retry-after': '86400' }).end()
  await blockLists.refresh()
  assert.equal(blockLists.statuses()[0]!.nextAt, clock.now() + 86_400_000)
  await blockLists.stop()
})

test('a start without the network has the last good copy, says how old it is, and does not ask at once', async () => {
  publisher.answer = says(GOOD, { etag: '"kept"' })
  const first = setUp([list({ refreshSeconds: 86_400 })])
  await first.blockLists.start()
  await first.blockLists.refresh()
  await first.blockLists.stop()
  const path = join(folder, 'mine.list')
  assert.equal(statSync(path).mode & 0o077, 0)
  const { readAt, digest } = first.blockLists.statuses()[0]!
  first.clock.advance(HOUR)
  const asked = publisher.asked.length
  const second = setUp([list({ refreshSeconds: 86_400 })], {}, first.clock)
  await second.blockLists.start()
  assert.ok(second.blockLists.find('45.0.99.1'))
  assert.deepEqual([second.blockLists.statuses()[0]!.readAt, second.blockLists.statuses()[0]!.digest], [readAt, digest])
  assert.equal(publisher.asked.length, asked)
  await second.blockLists.refresh()
  assert.equal(publisher.asked.at(-1)?.headers['if-none-match'], '"kept"')
  await second.blockLists.stop()
})

for (const [what, damage] of [
  [
    'a bit of it has changed',
    path => writeFileSync(path, readFileSync(path, 'latin1').replace('45.0.7.0', '45.9.7.0')),
  ],
  ['it was cut', path => writeFileSync(path, readFileSync(path).subarray(0, 700))],
  ['it is empty', path => writeFileSync(path, '')],
  ['its first line is no JSON', path => writeFileSync(path, `{\n${GOOD}`)],
] as const satisfies readonly (readonly [string, (path: string) => void])[]) {
  test(`a copy is not believed where ${what}`, async () => {
    publisher.answer = says(GOOD)
    const first = setUp([list({})])
    await first.blockLists.start()
    await first.blockLists.refresh()
    await first.blockLists.stop()
    damage(join(folder, 'mine.list'))
    publisher.answer = (_request, response) => void response.writeHead(503).end()
    const second = setUp([list({})])
    await second.blockLists.start()
    assert.equal(second.blockLists.find('45.0.99.1'), undefined)
    await second.blockLists.stop()
  })
}

test('a copy of another source under the same name is not taken, and copies of lists that are gone are removed', async () => {
  publisher.answer = says(GOOD)
  const first = setUp([list({}), list({ name: 'other' })])
  await first.blockLists.start()
  await first.blockLists.refresh()
  await first.blockLists.stop()
  assert.deepEqual(readdirSync(folder).toSorted(), ['mine.list', 'other.list'])
  publisher.answer = (_request, response) => void response.writeHead(503).end()
  const second = setUp([list({ from: publisher.url('/elsewhere') })])
  await second.blockLists.start()
  assert.equal(second.blockLists.find('45.0.99.1'), undefined)
  assert.deepEqual(readdirSync(folder), ['mine.list'])
  await second.blockLists.stop()
})

test('a file that is missing, a folder, a pipe, or cut off, is a problem, and no reason not to start', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  mkdirSync(join(folder, 'sub'))
  const { blockLists, problems } = setUp([
    list({ name: 'a', from: join(folder, 'nowhere') }),
    list({ name: 'b', from: join(folder, 'sub') }),
    list({ name: 'c', from: pipe }),
    list({ name: 'd', from: file('45.1.0.0/16\n45.2.0.0/1') }),
  ])
  await blockLists.start()
  for (const words of [/ENOENT/, /no ordinary file/, /half a list/])
    assert.ok(
      problems.some(problem => words.test(problem)),
      `${words}`,
    )
  assert.equal(problems.length, 4)
  await blockLists.stop()
})

test('a copy that cannot be written is said; the list is in force all the same', async () => {
  publisher.answer = says(GOOD)
  writeFileSync(join(folder, 'not-a-folder'), '')
  const { blockLists, problems } = setUp([list({})], { folder: join(folder, 'not-a-folder', 'lists') })
  await blockLists.start()
  await blockLists.refresh()
  assert.ok(blockLists.find('45.0.99.1'))
  assert.match(problems.join(), /no copy of it could be written \(ENOTDIR\)/)
  await blockLists.stop()
})

test('while a list is read and replaced, look-ups see the old one or the new one, never nothing', async () => {
  publisher.answer = says(networks(2_000))
  const { blockLists } = setUp([list({})])
  await blockLists.start()
  await blockLists.refresh()
  publisher.answer = says(networks(2_001))
  let isOver = false
  const over = blockLists.refresh().then(() => {
    isOver = true
  })
  let looked = 0
  while (!isOver) {
    assert.ok(blockLists.find('45.3.3.3'))
    looked++
    await pause(0)
  }
  await over
  assert.ok(looked > 1)
  assert.equal(blockLists.statuses()[0]?.entries, 2_001)
  await blockLists.stop()
})

test('a stop in the middle of a download leaves nothing behind', async () => {
  publisher.answer = (_request, response) => void response.writeHead(200).write('45.1.0.0/16\n')
  const { blockLists, clock, problems } = setUp([list({})], { timeoutMs: 60_000 })
  await blockLists.start()
  await pause(100)
  await blockLists.stop()
  assert.equal(clock.pendingCount, 0)
  assert.deepEqual([problems, blockLists.find('45.1.0.1')], [[], undefined])
})
