/** The timer values of RFC 3261 table 4, RFC 6026 §8.8 and RFC 4320, all in milliseconds. */

export interface TimerValues {
  /** Round-trip time estimate. Default 500. */
  readonly T1: number
  /** Longest interval between retransmissions of a non-INVITE request and of an INVITE response. Default 4,000. */
  readonly T2: number
  /** Longest time that a message stays in the network. Default 5,000. */
  readonly T4: number
  /** How long an INVITE waits for any response. Default 64*T1. */
  readonly timerB: number
  /** How long a client absorbs retransmitted failures of an INVITE over UDP. Default 32,000. */
  readonly timerD: number
  /** How long another request waits for a final response. Default 64*T1. */
  readonly timerF: number
  /** How long a failure response to INVITE waits for its ACK. Default 64*T1. */
  readonly timerH: number
  /** How long retransmitted ACKs are absorbed over UDP. Default T4. */
  readonly timerI: number
  /** How long a server absorbs retransmissions of a non-INVITE request over UDP. Default 64*T1. */
  readonly timerJ: number
  /** How long a client absorbs retransmitted responses over UDP. Default T4. */
  readonly timerK: number
  /** How long an accepted INVITE absorbs retransmissions, and passes ACKs on (RFC 6026). Default 64*T1. */
  readonly timerL: number
  /** How long further 2xx responses belong to an accepted INVITE (RFC 6026). Default 64*T1. */
  readonly timerM: number
  /** When an INVITE without an answer gets 100 Trying (§17.2.1). Default 200. */
  readonly trying: number
  /** How long a cancelled INVITE waits for its final response (§9.1). Default 64*T1. */
  readonly cancelled: number
}

export function timerValues(given: Partial<TimerValues> = {}): TimerValues {
  const T1 = given.T1 ?? 500
  const T4 = given.T4 ?? 5_000
  const long = 64 * T1
  const values: TimerValues = {
    T1,
    T2: 4_000,
    T4,
    timerB: long,
    timerD: 32_000,
    timerF: long,
    timerH: long,
    timerI: T4,
    timerJ: long,
    timerK: T4,
    timerL: long,
    timerM: long,
    trying: 200,
    cancelled: long,
    ...given,
  }
  // Retransmissions without a pause would never end.
  if (values.T1 < 1 || values.T2 < 1) throw new RangeError('timer T1 and T2 must be at least one millisecond')
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`timer ${name} must be a number of milliseconds`)
  }
  return values
}

/**
 * When a non-INVITE request without an answer gets 100 Trying: the time after which its sender's Timer E has been reset
 * to T2 (RFC 4320 §4.1), 3.5 s with the default values.
 */
export function nonInviteTrying(timers: TimerValues): number {
  let elapsed = 0
  for (let interval = timers.T1; interval < timers.T2 && interval > 0; interval *= 2) elapsed += interval
  return elapsed
}
