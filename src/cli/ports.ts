/** What the commands need from the outside: given by the composition, faked in tests. */
import type { DetectionFile, DetectionTestView } from '../api/detection-operations.ts'
import type { RateInput } from '../api/fraud-operations.ts'
import type { Operations } from '../api/operations.ts'
import type { Clock } from '../base/clock.ts'
import type { Result } from '../base/result.ts'

/** Flags of `serve` as typed; the configuration room checks them. */
export interface ServeOptions {
  readonly data: string
  readonly config?: string
  readonly domain?: string
  readonly listen?: readonly string[]
  readonly sipTlsPort?: string
  readonly httpsPort?: string
  readonly allowInsecureUdp?: string
  readonly allowInsecureSources?: readonly string[]
}

export interface ListenerAddress {
  readonly address: string
  readonly port: number
}

/** What `--ready-file` holds when calls are accepted. */
export interface ReadyDocument {
  readonly sipTls: ListenerAddress
  readonly https: ListenerAddress
  readonly listeners: readonly (ListenerAddress & { readonly transport: string })[]
  /** Path of the CA certificate in PEM. */
  readonly ca: string
  readonly version: string
}

export interface RunningServer {
  readonly ready: ReadyDocument
  readonly domain: string
  /** Weakenings in force, in words; empty as a rule. */
  readonly weakened: readonly string[]
  /** While nobody owns the system yet: the link by which somebody becomes its owner. Shown here and nowhere else. */
  readonly ownerLink?: { readonly url: string; readonly expiresAt: number } | undefined
  /** Takes no new calls, waits `limitMs` at most for the live ones to end, then stops. */
  drain(limitMs: number): Promise<void>
  /** True when it takes no new calls any more, whoever asked for that. */
  draining(): boolean
  /** Ends the live calls and stops. Idempotent; also ends a drain. */
  stop(): Promise<void>
  /** Live calls now, for the progress line of a drain. */
  liveCalls(): number
  /** Resolves when the server has stopped for good: undefined after `drain` or `stop`, otherwise what broke it. */
  readonly stopped: Promise<Error | undefined>
}

export interface OpenedOperations {
  readonly operations: Operations
  /** False where the operations work on the store in this process because no server runs. */
  readonly live: boolean
  close(): Promise<void>
}

export interface Output {
  write(text: string): unknown
  /** True when nobody reads any more. */
  readonly gone?: boolean
  /** Resolves when there is room for more, or nobody reads any more: for what may be long. */
  drained?(): Promise<void>
}

/** Paths; `file` may be `-`, the standard input. */
export interface ReplayFiles {
  readonly file: string
  readonly policy: string | undefined
  readonly deck: string | undefined
  readonly organisation: string | undefined
  readonly json: boolean
}

export interface CommandPorts {
  readonly version: string
  /** `process.version` */
  readonly nodeVersion: string
  readonly clock: Clock
  readonly dataDirectoryDefault: string
  readonly stdout: Output
  readonly stderr: Output
  readonly stdoutIsTty: boolean
  readonly stderrIsTty: boolean
  /** The user asked for no colours (NO_COLOR); read by the configuration room. */
  readonly noColor: boolean
  /** Throws a CommandError (see errors.ts) or anything with `code` and `message`: printed as one line. */
  serve(options: ServeOptions): Promise<RunningServer>
  /** The control client where a server runs on this data directory, otherwise the store in this process. */
  openOperations(dataDirectory: string): Promise<OpenedOperations>
  /** A rate deck, as a whole; otherwise the file, the line, the column and what is wrong. */
  readDeck(file: string): Promise<Result<readonly RateInput[], string>>
  /** Rules and their streams, tried with ours beside them; nothing of it stays. */
  testDetections(files: readonly DetectionFile[]): Promise<DetectionTestView>
  /** Prints as it goes. A fault names the file and the place in it; what came before it has been printed then. */
  replay(files: ReplayFiles): Promise<Result<{ readonly calls: number }, string>>
  /** One line that is not shown: typed on a terminal after `prompt`, or piped in. Throws CommandError. */
  readPassword(prompt: string): Promise<string>
  /** Whether the process of another command is there. */
  processLives(pid: number): boolean
  /** Calls `handler` on SIGINT and SIGTERM until the returned function is called. */
  onSignal(handler: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}
