/** Lists of networks that others keep: where they come from, how old they are, and whether an address is on one. */

/** `cidr`: one network or address a line, `#` and `;` begin comments (FireHOL, plain lists). `drop`: Spamhaus DROP, text or its JSON lines. `apiban`: `{"ipaddress": […], "ID": …}`. */
export type ListForm = 'cidr' | 'drop' | 'apiban'

export interface ListSettings {
  /** `[a-z0-9-]{1,32}`. */
  readonly name: string
  readonly form: ListForm
  /** A file, or an https address on the public internet. */
  readonly from: string
  /** Holds what stands for `{key}` in `from`. */
  readonly keyFile?: string | undefined
  /** Default 86,400. At least 300. */
  readonly refreshSeconds?: number | undefined
  /** Default `on`. */
  readonly mode?: 'on' | 'dry-run' | undefined
}

export interface ListStatus {
  readonly name: string
  readonly from: string
  readonly form: ListForm
  readonly mode: 'on' | 'dry-run'
  /** Networks in force. */
  readonly entries: number
  /** Left out of what was read, and why: private, reserved, ours. */
  readonly skipped: number
  readonly remark: string | undefined
  /** SHA-256 of what was read, hex; undefined: nothing was. */
  readonly digest: string | undefined
  /** Milliseconds since the epoch: when it was read, or found unchanged. */
  readonly readAt: number | undefined
  readonly nextAt: number | undefined
  /** Older than three refreshes. */
  readonly isStale: boolean
  /** Why the last reading failed; the one before it stays in force. */
  readonly problem: string | undefined
}

export interface ListedNetwork {
  readonly list: string
  readonly network: string
  readonly mode: 'on' | 'dry-run'
}

export interface BlockLists {
  /** The narrowest listed network that contains it. A few hundred nanoseconds. */
  find(address: string): ListedNetwork | undefined
  statuses(): readonly ListStatus[]
  /** Reads all, or one, now. `force`: also what has lost nine tenths, or grown tenfold. Empty: there is no such list. */
  refresh(name?: string, options?: { readonly force?: boolean }): Promise<readonly ListStatus[]>
  /** Takes what was kept and what is in files; does not wait for the network. */
  start(): Promise<void>
  stop(): Promise<void>
}
