/** Sources that are more than a file or one address: keys, and the batches of APIBAN. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Publisher, says, startPublisher } from '../../test/support/list-publisher.ts'
import { ManualClock } from '../base/clock.ts'
import { createBlockLists } from './block-lists.ts'
import type { ListSettings } from './types.ts'

let publisher: Publisher
let root: string
before(async () => {
  publisher = await startPublisher()
  root = mkdtempSync(join(tmpdir(), 'ringfence-list-source-'))
})
after(() => {
  publisher.close()
  rmSync(root, { recursive: true })
})

function setUp(settings: Partial<ListSettings>) {
  const clock = new ManualClock()
  const folder = mkdtempSync(join(root, 'kept-'))
  const problems: string[] = []
  const blockLists = createBlockLists({
    lists: [{ name: 'mine', form: 'cidr', from: publisher.url('/list'), ...settings }],
    folder,
    clock,
    ...publisher.trusted,
    onProblem: ({ problem }) => problems.push(problem ?? ''),
  })
  return { blockLists, clock, problems, folder }
}

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; !holds(); round++) {
    assert.ok(round < 400, 'it did not happen within four seconds')
    await pause(10)
  }
}

test('a key stands in the address that is asked, and nowhere else', async () => {
  publisher.answer = says('45.0.0.0/16\n')
  const keyFile = join(root, 'key')
  writeFileSync(keyFile, 's3cr3tKey\n')
  const { blockLists, problems, folder } = setUp({ from: publisher.url('/api/{key}/banned'), keyFile })
  await blockLists.start()
  await blockLists.refresh()
  assert.equal(publisher.asked.at(-1)?.url, '/api/s3cr3tKey/banned')
  publisher.answer = (_request, response) =>
    void response.writeHead(302, { location: 'http://lists.example/s3cr3tKey' }).end()
  await blockLists.refresh()
  assert.equal(problems.length, 1)
  assert.ok(
    !JSON.stringify([blockLists.statuses(), problems, readFileSync(join(folder, 'mine.list'), 'latin1')]).includes(
      's3cr3tKey',
    ),
  )
  writeFileSync(keyFile, '../../etc/passwd?x')
  await blockLists.refresh()
  assert.match(blockLists.statuses()[0]?.problem ?? '', /does not hold a key/)
  await blockLists.stop()
})

test('APIBAN: batch after batch by its ID, no more than ten without a pause, until there are no new ones', async () => {
  const batches = 23
  publisher.answer = (request, response) => {
    const at = Number(/\/banned(?:\/(\d+))?$/.exec(request.url ?? '')?.[1] ?? 1_000) - 1_000
    if (at >= batches) return void response.writeHead(400).end('{"ipaddress":["no new bans"],"ID":"none"}')
    const ipaddress = Array.from({ length: 250 }, (_, each) => `45.7.${at}.${each}`)
    response.writeHead(200).end(JSON.stringify({ ipaddress, ID: String(1_001 + at) }))
  }
  const asked = publisher.asked.length
  const { blockLists, clock, folder } = setUp({ form: 'apiban', from: publisher.url('/banned') })
  await blockLists.start()
  await until(() => publisher.asked.length === asked + 10 && clock.pendingCount === 1)
  await pause(50)
  assert.equal(publisher.asked.length, asked + 10)
  clock.advance(125_000)
  await until(() => publisher.asked.length === asked + 20 && clock.pendingCount === 1)
  clock.advance(125_000)
  await until(() => blockLists.statuses()[0]?.entries === batches * 250)
  assert.equal(publisher.asked.length, asked + batches + 1)
  assert.equal(blockLists.find('45.7.22.249')?.network, '45.7.22.249/32')
  await until(() => readdirSync(folder).includes('mine.list'))
  await pause(20)
  publisher.answer = says('{"ipaddress":"rate limit exceeded","ID":"unauthorized"}')
  await blockLists.refresh()
  assert.match(blockLists.statuses()[0]?.problem ?? '', /rate limit exceeded/)
  await blockLists.stop()
})

test('APIBAN: a batch that is none, or an ID that leads elsewhere, spoils the whole; batches without end are ended', async () => {
  const { blockLists, clock } = setUp({ form: 'apiban', from: publisher.url('/banned') })
  for (const [id, words] of [
    ['../../admin', /batch 2 is none/],
    ['5?x=1', /batch 2 is none/],
  ] as const) {
    publisher.answer = (request, response) =>
      void response.end(JSON.stringify({ ipaddress: ['45.7.0.1'], ID: request.url === '/banned' ? '5' : id }))
    await blockLists.refresh()
    assert.match(blockLists.statuses()[0]?.problem ?? '', words)
  }
  let served = 0
  publisher.answer = (_request, response) =>
    void response.end(JSON.stringify({ ipaddress: [`45.8.0.${served++}`], ID: String(served) }))
  const over = blockLists.refresh()
  for (let burst = 1; burst < 6; burst++) {
    await until(() => served === 10 * burst && clock.pendingCount > 0)
    clock.advance(125_000)
  }
  await over
  assert.deepEqual([served, blockLists.statuses()[0]?.entries], [60, 60])
  await blockLists.stop()
})
