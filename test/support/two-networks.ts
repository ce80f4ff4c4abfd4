/** Two machines on a cable, each a network namespace: one that listens, and one that has any number of addresses to send from. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { eventually } from './places.ts'

/** An IPv4 and an IPv6 address of the one that listens. */
export const LISTENS = ['192.0.2.1', '2001:db8:0:1::1'] as const

export interface TwoNetworks {
  /** In front of a command that runs where the listener is. */
  readonly prefix: readonly string[]
  /** `udp 5060`, `tcp 5061`: sends one datagram, or opens a connection, from this address to the port. Resolves when it has left. */
  send(from: string, to: string): Promise<void>
  /** `udp 5060 from 198.51.100.7`, in order of arrival. */
  readonly arrived: readonly string[]
  /** `tcp 5061 from 198.51.100.7`: connections that were accepted, whoever listens. */
  readonly connected: readonly string[]
  /** Everything that was sent before has arrived or was dropped: a datagram to a port that nobody guards came after it. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Nobody guards it. */
const OPEN_PORT = 9_999
const OPEN_SOURCE = '198.51.100.250'

const LISTENER = `
const dgram = require('node:dgram'), net = require('node:net')
const tell = (...words) => process.stdout.write(words.join(' ') + '\\n')
const plain = address => address.replace(/^::ffff:/, '')
let waiting = 4
const ready = () => --waiting === 0 && tell('ready')
for (const port of [5060, ${OPEN_PORT}]) {
  const socket = dgram.createSocket('udp6')
  socket.on('message', (_, from) => tell('udp', port, 'from', plain(from.address)))
  socket.bind(port, '::', ready)
}
for (const port of [5061, 9998]) {
  net.createServer(socket => { tell('tcp', port, 'from', plain(socket.remoteAddress ?? '')); socket.destroy() }).listen(port, '::', ready)
}`

const SENDER = `
const dgram = require('node:dgram'), net = require('node:net')
const open = new Set()
require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  const { from, to, protocol, port } = JSON.parse(line)
  const done = () => process.stdout.write('sent\\n')
  if (protocol === 'udp') {
    const socket = dgram.createSocket(from.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, from, () => socket.send('x', port, to, () => { socket.close(); done() }))
    return
  }
  const socket = net.connect({ host: to, port, localAddress: from })
  open.add(socket)
  socket.on('connect', () => process.stdout.write('connected tcp ' + port + ' from ' + from + '\\n'))
  socket.on('error', () => {}).on('close', () => open.delete(socket)).on('data', () => {})
  setImmediate(done)
})
process.stdout.write('ready\\n')`

/** Undefined, and the test is skipped (or fails in continuous integration), where namespaces may not be made. `addresses`: to send from. */
export async function openTwoNetworks(
  context: TestContext,
  addresses: readonly string[],
): Promise<TwoNetworks | undefined> {
  const names = [`rf-listen-${process.pid}`, `rf-send-${process.pid}`] as const
  const [listen, send] = names
  const remove = (): void => {
    for (const name of names) spawnSync('ip', ['netns', 'del', name])
  }
  const probe = spawnSync('ip', ['netns', 'add', listen], { encoding: 'utf8' })
  if (probe.status !== 0) {
    const reason = 'network namespaces may not be made here (needs root)'
    if (process.env['CI'] === 'true') throw new Error(`${reason}: ${probe.stderr}`)
    context.skip(reason)
    return undefined
  }
  try {
    connect(listen, send, [...addresses, OPEN_SOURCE])
  } catch (error) {
    remove()
    throw error
  }
  const arrived: string[] = []
  const connected: string[] = []
  const listener = startIn(listen, LISTENER)
  const sender = startIn(send, SENDER)
  let sent = 0
  const ready = new Set<ChildProcess>()
  for (const child of [listener, sender]) {
    createInterface({ input: child.stdout! }).on('line', line => {
      if (line === 'ready') ready.add(child)
      else if (line === 'sent') sent++
      else if (line.startsWith('connected ')) connected.push(line.slice('connected '.length))
      else arrived.push(line)
    })
  }
  await eventually(() => ready.size === 2, 20_000, 'a listener and a sender')
  let asked = 0
  const order = async (from: string, to: string): Promise<void> => {
    const [protocol, port] = to.split(' ')
    const target = from.includes(':') ? LISTENS[1] : LISTENS[0]
    asked++
    sender.stdin!.write(`${JSON.stringify({ from, to: target, protocol, port: Number(port) })}\n`)
    await eventually(() => sent >= asked, 10_000, 'sent')
  }
  const marker = `udp ${OPEN_PORT} from ${OPEN_SOURCE}`
  const count = (): number => arrived.filter(line => line === marker).length
  return {
    prefix: ['ip', 'netns', 'exec', listen],
    arrived,
    connected,
    send: order,
    async settle() {
      const before = count()
      await order(OPEN_SOURCE, `udp ${OPEN_PORT}`)
      await eventually(() => count() > before, 10_000, 'what is sent to a port that nobody guards')
    },
    async close() {
      await Promise.all([listener, sender].map(ended))
      remove()
    },
  }
}

function connect(listen: string, send: string, addresses: readonly string[]): void {
  const run = (...words: readonly string[]): void => {
    const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`)
  }
  run('netns', 'add', send)
  run('-n', listen, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', send)
  for (const name of [listen, send]) {
    run('-n', name, 'link', 'set', 'lo', 'up')
    run('-n', name, 'link', 'set', 'cable', 'up')
  }
  run('-n', listen, 'address', 'add', `${LISTENS[0]}/24`, 'dev', 'cable')
  run('-n', listen, 'address', 'add', `${LISTENS[1]}/64`, 'dev', 'cable', 'nodad')
  run('-n', listen, 'route', 'add', 'default', 'dev', 'cable')
  run('-n', listen, '-6', 'route', 'add', 'default', 'dev', 'cable')
  run('-n', send, 'route', 'add', `${LISTENS[0]}/32`, 'dev', 'cable')
  run('-n', send, '-6', 'route', 'add', `${LISTENS[1]}/128`, 'dev', 'cable')
  for (const address of addresses) {
    const isIPv6 = address.includes(':')
    const flags = isIPv6 ? ['nodad'] : []
    run('-n', send, 'address', 'add', `${address}/${isIPv6 ? 128 : 32}`, 'dev', 'cable', ...flags)
  }
}

function startIn(name: string, script: string): ChildProcess {
  return spawn('ip', ['netns', 'exec', name, process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise(done => child.once('close', done))
  child.kill()
  await closed
}
