/** Events of the firewall's decisions about sources and accounts. */
import type { Actor } from './system-events.ts'

/** What is found. `target`: `address 198.51.100.7`, `account 7k2…`, `network 203.0.113.0/24`. */
export interface FoundSource {
  readonly target: string
  readonly action: string
  readonly rule: string
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
}

/** What a decision is about, in every event of one. */
export interface DecidedSource {
  readonly decision: string
  readonly target: string
  readonly action: string
  readonly rule: string
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
}

export interface FirewallEvents {
  /** A rule closed the door, or prolonged a decision. */
  'firewall.decided': DecidedSource & { readonly until: number | undefined; readonly repeat: number }
  /** A rule that is tried would have. */
  'firewall.tried': FoundSource
  /** A person banned, or allowed. */
  'firewall.ordered': DecidedSource & { readonly actor: Actor; readonly until: number | undefined }
  'firewall.undone': {
    readonly decision: string
    readonly target: string
    readonly action: string
    readonly rule: string
    readonly actor: Actor
    readonly reason: string
  }
  /** The table was full: these decisions made room, the least useful first. Sampled: `count` since the last one. */
  'firewall.evicted': { readonly count: number; readonly target: string; readonly rule: string }
  /** A list of networks was read and is in force. */
  'firewall.list-changed': {
    readonly list: string
    readonly from: string
    readonly entries: number
    readonly before: number
    readonly digest: string
  }
  /** It could not be read, or is broken: the one before it stays in force. */
  'firewall.list-problem': { readonly list: string; readonly from: string; readonly problem: string }
  /** Bans in the kernel: `on`, or why not. */
  'firewall.kernel': { readonly state: string; readonly detail: string }
}
