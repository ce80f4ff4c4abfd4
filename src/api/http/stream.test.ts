/** The stream of events: without a gap, for who may read it as long as they may, and bounded. */
import assert from 'node:assert/strict'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import { type ApiWorld, apiWorld, OPERATOR } from '../../../test/support/api-world.ts'

const LIMITS = { turnMs: 20, longestMs: 60_000, stalledMs: 500, streams: 4, streamsOfOne: 2 }

let world: ApiWorld

before(async () => {
  world = await apiWorld({ stream: LIMITS })
  world.enter('owner', 'owner', undefined)
  world.enter('security', 'security', world.organisations.one)
})

after(() => world.close())

interface Stream {
  readonly status: number
  readonly response: IncomingMessage
  readonly text: () => string
  /** Resolves when the text has it. */
  until(pattern: RegExp): Promise<string>
  readonly ended: Promise<void>
  close(): void
}

function open(as: string, headers: Readonly<Record<string, string>> = {}, query = ''): Promise<Stream> {
  const { promise, resolve, reject } = Promise.withResolvers<Stream>()
  const call: ClientRequest = request(
    {
      host: '127.0.0.1',
      port: world.port,
      path: `/api/v1/events/stream${query}`,
      agent: false,
      headers: { cookie: `__Host-ringfence=${as}`, ...headers },
    },
    response => resolve(streamOf(call, response)),
  )
  call.once('error', reject)
  call.end()
  return promise
}

function streamOf(call: ClientRequest, response: IncomingMessage): Stream {
  let text = ''
  const waiting = new Set<() => void>()
  response.setEncoding('utf8')
  response.on('data', (part: string) => {
    text += part
    for (const look of waiting) look()
  })
  const ended = new Promise<void>(resolve => {
    response.once('close', () => resolve())
    response.on('error', () => undefined)
  })
  return {
    status: response.statusCode ?? 0,
    response,
    text: () => text,
    until(pattern) {
      const { promise, resolve } = Promise.withResolvers<string>()
      const look = (): void => {
        if (!pattern.test(text)) return
        waiting.delete(look)
        resolve(text)
      }
      waiting.add(look)
      look()
      return promise
    },
    ended,
    close: () => void call.destroy(),
  }
}

const add = (number: string, organisationId = world.organisations.one) =>
  world.directory.addExtension({ organisationId, number, name: 'x' }, OPERATOR)

const positionsIn = (text: string): readonly number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

test('tells what happens from now on, each with its place and type, and that it is alive', async () => {
  await add('100')
  const stream = await open('owner')
  assert.equal(stream.status, 200)
  assert.match(String(stream.response.headers['content-type']), /^text\/event-stream/)
  assert.equal(stream.response.headers['x-content-type-options'], 'nosniff')
  await stream.until(/: still here/)
  await add('101')
  const text = await stream.until(/"extension":"101"/)
  assert.match(text, /^event: directory\.extension-added$/m)
  assert.doesNotMatch(text, /"extension":"100"/)
  assert.deepEqual(positionsIn(text), [world.events.length])
  stream.close()
})

test('goes on where it ended', async () => {
  const last = world.events.length
  for (const number of ['110', '111', '112']) await add(number)
  const stream = await open('owner', { 'last-event-id': String(last) })
  const text = await stream.until(/"extension":"112"/)
  assert.deepEqual(positionsIn(text), [last + 1, last + 2, last + 3])
  stream.close()
  for (const id of ['x', '-1', '1e3', '9'.repeat(20)]) {
    const { status, close } = await open('owner', { 'last-event-id': id })
    assert.equal(status, 400, id)
    close()
  }
})

test('tells one organisation nothing of another, nor of the machine, and only the types that were asked for', async () => {
  const stream = await open('security', { 'last-event-id': '0' }, '?types=directory.extension-added')
  await add('120', world.organisations.two)
  world.bus.publish('system.overloaded', { what: 'x', detail: 'x' })
  await add('121')
  const text = await stream.until(/"extension":"121"/)
  assert.doesNotMatch(text, /"120"|system\.|organisation-added/)
  stream.close()
})

test('is not for whoever may not read the log', async () => {
  world.enter('user', 'user', world.organisations.one)
  const { status, close } = await open('user')
  assert.equal(status, 403)
  close()
})

test('ends when its session ends', async () => {
  world.enter('leaver', 'owner', undefined)
  const stream = await open('leaver')
  await stream.until(/: still here/)
  world.leave('leaver')
  await stream.ended
})

test('is bounded for one session and for all; one that is closed makes room', async () => {
  for (const name of ['one', 'two', 'three']) world.enter(name, 'owner', undefined)
  const streams = [await open('one'), await open('one')]
  const third = await open('one')
  assert.equal(third.status, 429)
  assert.equal(third.response.headers['retry-after'], '30')
  streams.push(await open('two'), await open('two'))
  assert.equal((await open('three')).status, 429)
  for (const stream of streams.splice(0)) {
    stream.close()
    await stream.ended
  }
  let again = await open('three')
  // The server hears of a closed connection a moment later than we do.
  while (again.status === 429) again = await open('three')
  assert.equal(again.status, 200)
  again.close()
})

test('cuts a reader who takes nothing', async () => {
  world.enter('slow', 'owner', undefined)
  const [stalled, reads] = [await open('slow'), await open('slow')]
  stalled.response.pause()
  const detail = 'x'.repeat(1_000_000)
  for (let count = 0; count < 30; count++) world.bus.publish('system.overloaded', { what: 'test', detail })
  // Only when the server gives up on the first one is there room for a third.
  let third = await open('slow')
  while (third.status === 429) third = await open('slow')
  assert.equal(third.status, 200)
  assert.equal(reads.response.destroyed, false)
  for (const each of [stalled, reads, third]) each.close()
})
