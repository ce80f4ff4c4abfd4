/** Who listens on a port, by Linux's /proc: the socket's inode, then the process that has it open. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN = '0A'

/** `name (pid 123)`, or undefined where it cannot be seen. */
export function portOwner(protocol: 'tcp' | 'udp', port: number): string | undefined {
  const inodes = new Set(
    [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap(file => inodesOf(file, protocol, port)),
  )
  if (inodes.size === 0) return undefined
  for (const pid of list('/proc').filter(name => /^\d+$/.test(name))) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1]
      if (inode !== undefined && inodes.has(inode)) return `${nameOf(pid)} (pid ${pid})`
    }
  }
  return undefined
}

/** Columns of /proc/net/tcp: slot, local address:port in hexadecimal, remote, state …, inode as the tenth. */
function inodesOf(file: string, protocol: 'tcp' | 'udp', port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return read(file)
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(wanted) && (protocol === 'udp' || state === LISTEN))
    .flatMap(columns => columns[9] ?? [])
}

function nameOf(pid: string): string {
  return read(`/proc/${pid}/comm`).trim() || 'a process'
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}
