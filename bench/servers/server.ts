/** A server under measurement, whatever it is. */
export interface BenchUser {
  readonly username: string
  readonly password: string
}

export interface BenchServer {
  readonly name: 'ringfence' | 'kamailio'
  readonly domain: string
  readonly caPem: string
  readonly tlsPort: number
  readonly udpPort: number
  /** Roots of the process trees whose time counts, by what they are. */
  readonly processes: Readonly<Record<string, number>>
  stop(): Promise<void>
}

export interface BenchServerOptions {
  readonly users: readonly BenchUser[]
  /** Media of calls goes through the server's relay. Ours always does. */
  readonly media?: boolean
  /** Our plain listener names 127.0.0.0/16 only, and 127.0.0.66 is banned, as the peer's table bans it. */
  readonly outsiders?: boolean
  /** Arguments for our Node.js, such as `--cpu-prof`. */
  readonly profile?: string
}

/** The called phone, beside the callers. */
export const CALLEE = 'callee'

/** The same accounts on both servers: `u00000` and so on, and the callee. */
export function benchUsers(count: number): readonly BenchUser[] {
  const users = Array.from({ length: count }, (_, i) => {
    const number = String(i).padStart(5, '0')
    return { username: `u${number}`, password: `pw-${number}-x` }
  })
  return [...users, { username: CALLEE, password: `pw-${CALLEE}-x` }]
}
