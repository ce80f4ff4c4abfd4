/** A Kamailio of our own with all its processes: started, told things, frozen, and never left behind. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from '../kamailio.ts'
import { eventually } from '../places.ts'
import { type RunningProcess, runProcess, startProcess } from '../processes.ts'
import { type SeenMessage, seenMessages } from './seen.ts'

const GRACE_MS = 3000

/** UDP ports show no sign of life but in the kernel's table. */
export function listens(tls: boolean, address: string, port: number): Promise<boolean> | boolean {
  if (tls) return accepts(port, address)
  const octets = address.split('.').map(octet => Number(octet).toString(16).padStart(2, '0').toUpperCase())
  const place = `${octets.reverse().join('')}:${port.toString(16).padStart(4, '0').toUpperCase()}`
  return readFileSync('/proc/net/udp', 'utf8').includes(place)
}

/** The processes of one Kamailio: it forks, and none of them may be left behind, not even a frozen one. */
export class KamailioServer {
  readonly #folder: string
  readonly #controlPath: string
  readonly #ready: () => Promise<boolean> | boolean
  #process: RunningProcess | undefined
  /** Output of those that were stopped. */
  #before = ''

  constructor(folder: string, controlPath: string, ready: () => Promise<boolean> | boolean) {
    this.#folder = folder
    this.#controlPath = controlPath
    this.#ready = ready
  }

  async start(): Promise<void> {
    if (this.#process?.running === true) return
    const file = join(this.#folder, 'kamailio.cfg')
    const args = ['-f', file, '-DD', '-E', '-m', '64', '-M', '8', '-Y', this.#folder]
    const started = startProcess('kamailio', [...args, '-P', join(this.#folder, 'kamailio.pid')])
    this.#process = started
    process.once('exit', this.#onExit)
    await eventually(
      async () => {
        if (!started.running) throw new Error(`kamailio ended:\n${started.output().slice(-3000)}`)
        return (await this.#ready()) && (await this.#answers())
      },
      15_000,
      'the provider listens',
    )
  }

  readonly #onExit = (): void => this.signal('SIGKILL')

  async #answers(): Promise<boolean> {
    const { code } = await this.#command('core.version')
    return code === 0
  }

  #command(...args: readonly string[]): Promise<{ code: number | string; output: string }> {
    return runProcess('kamcmd', ['-s', `unix:${this.#controlPath}`, ...args], { timeoutMs: 5000 })
  }

  /** Numbers stay numbers there: Kamailio takes no text for a status. */
  async control(key: string, value: string | number | undefined): Promise<void> {
    const number = typeof value === 'number'
    const set = [number ? 'htable.seti' : 'htable.sets', 'control', key, number ? String(value) : `s:${value ?? ''}`]
    const { code, output } = await this.#command(...(value === undefined ? ['htable.delete', 'control', key] : set))
    if (code !== 0) throw new Error(`kamcmd ${key}: ${output}`)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process?.running === true) signalAll(signal, [this.#process.pid, ...childrenOf(this.#process.pid)])
  }

  output(): string {
    return this.#before + (this.#process?.output() ?? '')
  }

  seen(): readonly SeenMessage[] {
    return seenMessages(this.output())
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    this.signal('SIGCONT')
    const children = running.running ? childrenOf(running.pid) : []
    // A worker that outlives the first process holds its output open, and the end would never be seen.
    const late = setTimeout(() => signalAll('SIGKILL', [running.pid, ...children.filter(isKamailio)]), GRACE_MS)
    await running.stop(2 * GRACE_MS)
    clearTimeout(late)
    signalAll('SIGKILL', children.filter(isKamailio))
    process.removeListener('exit', this.#onExit)
    this.#before += running.output()
    this.#process = undefined
  }
}

function signalAll(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone already.
    }
  }
}

/** By their parent in /proc, and theirs: workers of Kamailio are children of its first process. */
function childrenOf(parent: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Ended meanwhile.
    }
  }
  const found: number[] = [parent]
  for (const pid of found) for (const [child, its] of parents) if (its === pid) found.push(child)
  return found.slice(1)
}

function isKamailio(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('kamailio')
  } catch {
    return false
  }
}
