/** What a check may look at, and what it finds. The machine is behind an interface, so that every fault can be tested. */
import type { SystemStatus } from '../../api/operations.ts'
import type { FraudRuleView, FraudStatusView } from '../../api/fraud-operations.ts'
import type { CallingView, TrunkView } from '../../api/outside-operations.ts'
import type { Configuration } from '../../config/schema.ts'

export type FindingState = 'ok' | 'warn' | 'fail' | 'skipped'

export interface Finding {
  /** `certificate`, `ports` … */
  readonly check: string
  readonly state: FindingState
  readonly message: string
  /** What to do; null where all is well. */
  readonly advice: string | null
}

export interface PeerCertificate {
  readonly subject: string
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

export type TlsProbe =
  | { readonly ok: true; readonly protocol: string; readonly cipher: string; readonly certificate: PeerCertificate }
  | { readonly ok: false; readonly reason: string }

export interface FileFacts {
  readonly mode: number
  readonly uid: number
  readonly directory: boolean
}

/** The machine, as far as checks ask for it. Nothing here throws: what cannot be found out is undefined. */
export interface Machine {
  readonly platform: string
  readonly userId: number | undefined
  /** Addresses of the machine's interfaces, loopback included. */
  addresses(): readonly string[]
  /** Undefined when the port can be bound; otherwise the error's code (`EADDRINUSE`, `EACCES` …). */
  tryPort(protocol: 'tcp' | 'udp', address: string, port: number): Promise<string | undefined>
  /** `name (pid 123)` of the process that listens on the port, where it can be seen. */
  portOwner(protocol: 'tcp' | 'udp', port: number): string | undefined
  tlsProbe(address: string, port: number, serverName: string, caPem: string | undefined): Promise<TlsProbe>
  resolveAddresses(name: string): Promise<readonly string[]>
  /** Targets of an SRV record. */
  resolveService(name: string): Promise<readonly { readonly name: string; readonly port: number }[]>
  fileFacts(path: string): FileFacts | undefined
  readText(path: string): string | undefined
  /** Certificate in a PEM file. */
  readCertificate(path: string): PeerCertificate | undefined
  /** Bytes, of the file system that holds the path or its nearest parent that exists. */
  freeSpace(path: string): { readonly free: number; readonly total: number } | undefined
  /** Files that one process may have open: of the running server where `pid` is given, otherwise of this one. */
  fileLimit(pid: number | undefined): number | undefined
  /** Whether the clock follows a time server: undefined where it cannot be seen. */
  clockSynchronised(): boolean | undefined
  /** Wall-clock milliseconds by the file system that holds the folder: undefined where nothing can be written. */
  fileSystemTime(folder: string): number | undefined
}

/** What is set up to reach the outside. */
export interface OutsideFacts {
  readonly trunks: readonly TrunkView[]
  /** Of our own. */
  readonly numbers: number
  readonly calling: CallingView
}

/** What toll-fraud control has to say. */
export interface FraudFacts {
  readonly status: FraudStatusView
  readonly rules: readonly FraudRuleView[]
}

export interface DoctorContext {
  readonly configuration: Configuration
  readonly machine: Machine
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly nodeVersion: string
  /** Undefined when no server runs. */
  readonly status: SystemStatus | undefined
  /** Process of the running server, where known. */
  readonly serverPid: number | undefined
  /** What opening the store said: undefined when it can be read. */
  readonly storeFault: string | undefined
  /** Undefined where there is no store yet, or it cannot be read. */
  readonly outside: OutsideFacts | undefined
  /** As `outside`. */
  readonly fraud: FraudFacts | undefined
}

export type Check = (context: DoctorContext) => Promise<readonly Finding[]> | readonly Finding[]

export function well(check: string, message: string): Finding {
  return { check, state: 'ok', message, advice: null }
}

export function warn(check: string, message: string, advice: string): Finding {
  return { check, state: 'warn', message, advice }
}

export function fail(check: string, message: string, advice: string): Finding {
  return { check, state: 'fail', message, advice }
}

export function skipped(check: string, message: string): Finding {
  return { check, state: 'skipped', message, advice: null }
}
