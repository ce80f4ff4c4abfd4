import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { DescriptorLedger } from './descriptor-ledger.ts'
import { type NativeSocket, type NativeSockets, openNativeSockets } from './native-sockets.ts'
import type { SocketAddress } from './protocol.ts'

const ledger = new DescriptorLedger()
const sockets = openNativeSockets(ledger)
const skip = sockets === undefined && process.getBuiltinModule('node:ffi') === undefined

interface Heard {
  readonly packet: Buffer
  readonly length: number
  readonly from: SocketAddress
}

/** A socket on some free port, and what it heard. */
function listening(
  of: NativeSockets,
  address = '127.0.0.1',
  onHeard?: () => void,
): { readonly socket: NativeSocket; readonly at: SocketAddress; readonly heard: Heard[] } {
  const heard: Heard[] = []
  for (let port = 41_000; port < 42_000; port++) {
    const socket = of.open({ address, port }, 65_536, (length, from) => {
      heard.push({ packet: Buffer.from(of.packet.subarray(0, Math.min(length, of.packet.length))), length, from })
      onHeard?.()
    })
    if (socket !== undefined) return { socket, at: { address, port }, heard }
  }
  assert.fail('no port is free')
}

function said({ address, port }: SocketAddress): SocketAddress {
  return { address, port }
}

function write(of: NativeSockets, text: string): number {
  return of.packet.write(text)
}

/** Polls until `done`; what was sent on loopback is there at once. */
function pollUntil(of: NativeSockets, done: () => boolean): void {
  for (let tries = 0; tries < 100 && !done(); tries++) of.poll(10, false)
  assert.ok(done(), 'nothing came')
}

function openDescriptors(): number {
  const links = readdirSync('/proc/self/fd').map(name => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return ''
    }
  })
  return links.filter(link => link.startsWith('socket:') || link.includes('eventpoll')).length
}

test('native sockets work on this runtime', { skip: process.getBuiltinModule('node:ffi') === undefined }, () => {
  assert.notEqual(sockets, undefined)
})

describe('native sockets', { skip }, () => {
  const native = sockets!
  after(() => native?.close())

  for (const address of ['127.0.0.1', '::1']) {
    test(`a datagram comes with its length and source, and is answered (${address})`, () => {
      const [one, two] = [listening(native, address), listening(native, address)]
      one.socket.send(write(native, 'hello'), two.at)
      pollUntil(native, () => two.heard.length === 1)
      assert.equal(two.heard[0]!.packet.toString(), 'hello')
      assert.deepEqual(said(two.heard[0]!.from), one.at)
      two.socket.send(write(native, 'and back'), two.heard[0]!.from)
      pollUntil(native, () => one.heard.length === 1)
      assert.equal(one.heard[0]!.packet.toString(), 'and back')
      one.socket.close()
      two.socket.close()
    })
  }

  test('one source is one object, so that nothing is made for each packet', () => {
    const [one, two, three] = [listening(native), listening(native), listening(native)]
    for (const sender of [one, one, three]) sender.socket.send(write(native, 'x'), two.at)
    pollUntil(native, () => two.heard.length === 3)
    assert.equal(two.heard[0]!.from, two.heard[1]!.from)
    assert.deepEqual(said(two.heard[2]!.from), three.at)
    for (const { socket } of [one, two, three]) socket.close()
  })

  test('a datagram that does not fit is told by its length, and nothing is written behind the memory', async () => {
    const { socket, at, heard } = listening(native)
    const stranger = createSocket('udp4')
    native.packet.fill(0xaa)
    stranger.send(Buffer.alloc(9000, 1), at.port, at.address)
    stranger.send(Buffer.alloc(0), at.port, at.address)
    await once(stranger, 'listening')
    pollUntil(native, () => heard.length === 2)
    assert.deepEqual(
      heard.map(({ length }) => length),
      [9000, 0],
    )
    assert.ok(native.packet.subarray(2048).every(octet => octet === 0xaa))
    stranger.close()
    socket.close()
  })

  test('what is too long or goes to no address is not sent', () => {
    const [one, two] = [listening(native), listening(native)]
    one.socket.send(native.packet.length + 1, two.at)
    one.socket.send(-1, two.at)
    one.socket.send(5, { address: 'phone.example.com', port: two.at.port })
    one.socket.send(write(native, 'end'), two.at)
    pollUntil(native, () => two.heard.length > 0)
    assert.deepEqual(
      two.heard.map(({ packet }) => packet.toString()),
      ['end'],
    )
    one.socket.close()
    two.socket.close()
  })

  test('a socket that was closed while others were read hears nothing, nor does who took its place', () => {
    const victims: ReturnType<typeof listening>[] = []
    let replacement: ReturnType<typeof listening> | undefined
    const closing = listening(native, '127.0.0.1', () => {
      for (const { socket } of victims) socket.close()
      replacement ??= listening(native)
    })
    const sender = listening(native)
    sender.socket.send(write(native, 'first'), closing.at)
    for (let i = 0; i < 3; i++) {
      const victim = listening(native)
      victims.push(victim)
      sender.socket.send(write(native, 'late'), victim.at)
    }
    pollUntil(native, () => closing.heard.length === 1)
    native.poll(0, false)
    assert.deepEqual(
      victims.map(({ heard }) => heard.length),
      [0, 0, 0],
    )
    assert.equal(replacement!.heard.length, 0)
    victims[0]!.socket.send(4, sender.at)
    native.poll(0, false)
    assert.equal(sender.heard.length, 0)
    for (const { socket } of [closing, sender, replacement!]) socket.close()
  })

  test('the event loop ends a wait, and goes before packets where it may', async () => {
    const [one, two] = [listening(native), listening(native)]
    const noisy = createSocket('udp4')
    noisy.bind(0, '127.0.0.1')
    await once(noisy, 'listening')
    await new Promise(resolve => setImmediate(resolve))
    one.socket.send(write(native, 'x'), { address: '127.0.0.1', port: noisy.address().port })
    one.socket.send(write(native, 'x'), two.at)
    assert.equal(native.poll(1000, true), 'yielded')
    assert.equal(two.heard.length, 0)
    assert.equal(native.poll(1000, false), 'event-loop-and-datagrams')
    assert.equal(two.heard.length, 1)
    await once(noisy, 'message')
    assert.equal(native.poll(0, true), 'nothing')
    noisy.close()
    one.socket.close()
    two.socket.close()
  })

  test('what a dead thread left open is closed by its ledger', () => {
    const before = openDescriptors()
    const shared = new DescriptorLedger()
    const lost = openNativeSockets(shared)!
    const { socket } = listening(lost)
    listening(lost)
    socket.close()
    assert.equal(openDescriptors(), before + 2)
    new DescriptorLedger(shared.memory).closeAll()
    assert.equal(openDescriptors(), before)
    lost.close()
    assert.equal(openDescriptors(), before)
  })

  test('a port that somebody holds is not bound, and costs no descriptor', () => {
    const { socket, at } = listening(native)
    const before = openDescriptors()
    assert.equal(
      native.open(at, 65_536, () => {}),
      undefined,
    )
    assert.equal(openDescriptors(), before)
    socket.close()
  })
})
