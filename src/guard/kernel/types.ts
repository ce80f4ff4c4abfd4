/** Bans in the kernel: what is asked for, and how it stands. */
import type { Clock } from '../../base/clock.ts'
import type { SourceDecision } from '../sources/types.ts'

/** Where only SIP listens: what is dropped elsewhere is not ours to drop. */
export interface KernelPorts {
  readonly udp: readonly number[]
  readonly tcp: readonly number[]
}

/**
 * `off`: not started, or stopped. `on`: the kernel drops what is banned. `unavailable`: there is no nft, or no right to use it; the
 * process goes on alone. `failing`: it worked, or might again; it is tried again.
 */
export interface KernelStatus {
  readonly state: 'off' | 'on' | 'unavailable' | 'failing'
  /** For a person: the table, or what went wrong. */
  readonly detail: string
  /** Addresses and networks that the kernel drops. */
  readonly banned: number
  readonly allowed: number
}

export interface KernelBansOptions {
  readonly clock: Clock
  /** Milliseconds since the epoch, as the decisions have it. */
  now(): number
  readonly ports: KernelPorts
  /** Of the table in the family `inet`, which is ours alone. Default `ringfence`. */
  readonly table?: string | undefined
  /** The program and what comes before our arguments. Default `['nft']`. */
  readonly command?: readonly string[] | undefined
  /** Bans kept in the kernel. Default 100,000; the oldest make room. */
  readonly limit?: number | undefined
  /** A phone is registered from it, it is a trunk's, or it is allowed: asked before it is banned, and again while it is. */
  isSpared(address: string): boolean
  /** In force when it starts. */
  decisions(): Iterable<SourceDecision>
  onStatus?(status: KernelStatus): void
}

/** What the table of sources tells: each change at once. */
export interface KernelBans {
  readonly status: KernelStatus
  /** Never throws and never takes long for want of nft. */
  start(): Promise<void>
  /** Takes the table away. */
  stop(): Promise<void>
  /** It is in force, anew or for longer. */
  placed(decision: SourceDecision): void
  /** It is over, undone, or made room. */
  removed(decision: SourceDecision): void
  /** A phone registered from there: its ban goes at once. */
  spare(address: string): void
}

export interface NftOutcome {
  readonly ok: boolean
  /** There is no such program, or it may not. */
  readonly unavailable: boolean
  readonly detail: string
}

/** Runs one transaction: all of it, or nothing. */
export type RunNft = (script: Iterable<string>) => Promise<NftOutcome>
