/** Starts the product as its operator does: a child process through bin/ringfence, with a data folder of its own. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createControlClient } from '../../src/api/control-client.ts'
import type { OperationResult, Operations } from '../../src/api/operations.ts'
import type { PhoneCredentials } from './phone-credentials.ts'
import { eventually, repositoryRoot, type TemporaryFolder, temporaryFolder } from './places.ts'
import { type Finished, type RunningProcess, runProcess, startProcess } from './processes.ts'

const COMMAND = join(repositoryRoot, 'bin/ringfence')
const START_TIMEOUT_MS = 120_000

export interface ReadyReport {
  readonly sipTls: { readonly address: string; readonly port: number }
  readonly https: { readonly address: string; readonly port: number }
  readonly listeners: readonly { readonly transport: string; readonly address: string; readonly port: number }[]
  /** Path of the CA certificate in PEM. */
  readonly ca: string
  readonly version: string
}

export interface RingfenceOptions {
  /** Further arguments of `serve`, e.g. `--allow-insecure-udp 127.0.0.1:5070`. */
  readonly arguments?: readonly string[]
  /** A folder that outlives this run, for restarts. */
  readonly data?: TemporaryFolder
  readonly name?: string
  readonly environment?: Readonly<Record<string, string>>
  /** A command that starts the one that is appended to it in its own process, e.g. `unshare -m`. */
  readonly wrapper?: readonly string[]
}

export interface Ringfence {
  readonly ready: ReadyReport
  readonly data: TemporaryFolder
  readonly process: RunningProcess
  readonly caPem: string
  /** Runs `ringfence … --data DIR --json` and gives what it printed; throws when it fails. */
  json<T = unknown>(...args: readonly string[]): Promise<T>
  /** Runs a command without `--json`, whatever its exit code. */
  run(...args: readonly string[]): Promise<Finished>
  /** The operations behind the commands, over the control socket: without the start of a process for each. */
  operations(): Promise<Operations>
  addExtension(number: string, name?: string): Promise<void>
  addDevice(extension: string): Promise<PhoneCredentials>
  /** An extension with one device. */
  addPhone(number: string): Promise<PhoneCredentials>
  /** SIGKILL, data kept: as a crash. */
  crash(): Promise<void>
  /** SIGTERM, data kept. */
  halt(): Promise<void>
  /** Starts again on the same data with the same arguments. */
  restart(): Promise<Ringfence>
  /** Stops and removes the data. */
  stop(): Promise<void>
}

export async function startRingfence(options: RingfenceOptions = {}): Promise<Ringfence> {
  const data = options.data ?? temporaryFolder(options.name ?? 'system')
  const readyFile = join(data.path, `ready-${Date.now()}.json`)
  const places = ['--data', data.path, '--ready-file', readyFile, '--listen', '127.0.0.1']
  const ports = ['--sip-tls-port', '0', '--https-port', '0']
  const [command = '', ...args] = [...(options.wrapper ?? []), COMMAND, 'serve', ...places, ...ports]
  const environment = options.environment ?? {}
  const process = startProcess(command, [...args, ...(options.arguments ?? [])], { environment })
  try {
    const ready = await eventually(() => readReady(readyFile, process), START_TIMEOUT_MS, 'ringfence ready')
    return new RunningRingfence(ready, data, process, options)
  } catch (error) {
    const output = process.output()
    await process.stop()
    if (options.data === undefined) data.remove()
    throw new Error(`${(error as Error).message}\n${output.slice(-4000)}`)
  }
}

export function accepted<T>(result: OperationResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

function readReady(file: string, process: RunningProcess): ReadyReport | undefined {
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as ReadyReport
    } catch {
      return undefined
    }
  }
  if (!process.running) throw new Error('ringfence ended before it was ready')
  return undefined
}

class RunningRingfence implements Ringfence {
  readonly ready: ReadyReport
  readonly data: TemporaryFolder
  readonly process: RunningProcess
  readonly caPem: string
  readonly #options: RingfenceOptions
  #operations: Operations | undefined

  constructor(ready: ReadyReport, data: TemporaryFolder, process: RunningProcess, options: RingfenceOptions) {
    this.ready = ready
    this.data = data
    this.process = process
    this.caPem = readFileSync(ready.ca, 'utf8')
    this.#options = options
  }

  run(...args: readonly string[]): Promise<Finished> {
    return runProcess(COMMAND, [...args, '--data', this.data.path], { timeoutMs: 60_000 })
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, output } = await this.run(...args, '--json')
    if (code !== 0) throw new Error(`ringfence ${args.join(' ')} ended with ${code}: ${output}`)
    return JSON.parse(output) as T
  }

  async operations(): Promise<Operations> {
    this.#operations ??= await createControlClient(this.data.path)
    if (this.#operations === undefined) throw new Error('the control socket does not answer')
    return this.#operations
  }

  async addExtension(number: string, name = `Phone ${number}`): Promise<void> {
    accepted(await (await this.operations()).extensionAdd({ number, name }))
  }

  async addDevice(extension: string): Promise<PhoneCredentials> {
    return accepted(await (await this.operations()).deviceAdd({ extension }))
  }

  async addPhone(number: string): Promise<PhoneCredentials> {
    await this.addExtension(number)
    return this.addDevice(number)
  }

  crash(): Promise<void> {
    return this.process.kill()
  }

  halt(): Promise<void> {
    return this.process.stop(10_000)
  }

  restart(): Promise<Ringfence> {
    return startRingfence({ ...this.#options, data: this.data })
  }

  async stop(): Promise<void> {
    await this.halt()
    this.data.remove()
  }
}
