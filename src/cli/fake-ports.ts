/** Ports for tests of commands: what was printed is kept, the operations are a small directory in memory. */
import { createFakeOperations, type FakeState } from '../api/fake-operations.ts'
import { ManualClock } from '../base/clock.ts'
import type { CommandPorts } from './ports.ts'
import { createProgram } from './program.ts'

export interface FakeTerminal {
  readonly ports: CommandPorts
  readonly state: FakeState
  readonly clock: ManualClock
  /** Runs one command line, written as in a shell without quotes. */
  run(...commandLine: readonly string[]): Promise<{ readonly exit: number; readonly out: string; readonly err: string }>
  signal(name: 'SIGINT' | 'SIGTERM'): void
  /** Data folders that were opened, and how many are still open. */
  readonly opened: string[]
  readonly openCount: () => number
}

export interface FakePortsOptions {
  /** False: no server runs. */
  readonly live?: boolean
  readonly ports?: Partial<CommandPorts>
}

export function createFakeTerminal({ live = true, ports: overrides = {} }: FakePortsOptions = {}): FakeTerminal {
  const { operations, state } = createFakeOperations()
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 12, 0, 0))
  const handlers = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>()
  const opened: string[] = []
  let open = 0
  let out = ''
  let err = ''
  const ports: CommandPorts = {
    version: '0.1.0',
    nodeVersion: 'v26.10.0',
    clock,
    dataDirectoryDefault: '/var/lib/ringfence',
    stdout: { write: text => (out += text) },
    stderr: { write: text => (err += text) },
    stdoutIsTty: false,
    stderrIsTty: false,
    noColor: false,
    serve: () => Promise.reject(new Error('no server in this test')),
    async openOperations(dataDirectory) {
      opened.push(dataDirectory)
      open++
      return {
        operations,
        live,
        async close() {
          open--
        },
      }
    },
    readDeck: () => Promise.reject(new Error('no deck in this test')),
    testDetections: () => Promise.reject(new Error('no rules are tried in this test')),
    replay: () => Promise.reject(new Error('nothing is replayed in this test')),
    readPassword: () => Promise.reject(new Error('nobody types in this test')),
    processLives: () => false,
    onSignal(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    ...overrides,
  }
  return {
    ports,
    state,
    clock,
    opened,
    openCount: () => open,
    async run(...commandLine) {
      out = ''
      err = ''
      const exit = await createProgram(ports).run(commandLine)
      return { exit, out, err }
    },
    signal(name) {
      for (const handler of handlers) handler(name)
    },
  }
}
