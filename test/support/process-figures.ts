/** What a process holds, read from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Resident memory in bytes. */
export function residentMemory(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`no VmRSS of ${pid}`)
  return Number(match[1]) * 1024
}

/** The process and all its descendants. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // It has ended since.
    }
  }
  const tree = [pid]
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i]!) ?? []))
  return tree
}

/** Listening TCP sockets and bound UDP sockets of the processes, as `tcp 127.0.0.1:5061`. */
export function openPorts(pids: readonly number[]): string[] {
  // 0A: listening; 07: an unconnected UDP socket.
  const open = socketsOf(pids).filter(({ state }) => state === '0A' || state === '07')
  return [...new Set(open.map(({ protocol, local }) => `${protocol} ${local}`))].sort()
}

/** The local port numbers of all sockets of the processes, connected ones included. */
export function usedPorts(pids: readonly number[]): number[] {
  return [...new Set(socketsOf(pids).map(({ local }) => Number(local.slice(local.lastIndexOf(':') + 1))))]
}

interface OwnedSocket {
  readonly protocol: string
  readonly local: string
  readonly state: string
}

function socketsOf(pids: readonly number[]): OwnedSocket[] {
  const inodes = new Set<string>()
  for (const pid of pids) {
    for (const descriptor of listDescriptors(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(descriptor)?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  }
  const sockets: OwnedSocket[] = []
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
    for (const line of readFileSync(`/proc/net/${protocol}`, 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      const [, local = '', , state = ''] = columns
      if (!inodes.has(columns[9] ?? '')) continue
      sockets.push({ protocol: protocol.slice(0, 3), local: readAddress(local), state })
    }
  }
  return sockets
}

/** What the process's descriptors point at. */
export function listDescriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(name => readLink(`/proc/${pid}/fd/${name}`))
  } catch {
    return []
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readAddress(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = Buffer.from(address, 'hex')
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}:${Number.parseInt(port, 16)}`
  const swapped = Buffer.from(bytes).swap32()
  const groups = Array.from({ length: 8 }, (_, i) => swapped.readUInt16BE(2 * i).toString(16))
  return `[${groups.join(':')}]:${Number.parseInt(port, 16)}`
}
