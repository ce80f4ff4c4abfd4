/** Attacks as thieves make them: which numbers, when, and how long each call is held. */

export const ATTACKS = ['burst', 'night', 'spray', 'sequential'] as const
export type Attack = (typeof ATTACKS)[number]

export interface AttackOptions {
  readonly calls: number
  /** Of the whole attack. */
  readonly seconds: number
  /** E.164 of the first number; the others count up from it. Undefined: those that such an attack likes. */
  readonly destination: string | undefined
}

export interface PlannedCall {
  readonly number: string
  /** Milliseconds after the beginning. */
  readonly at: number
  /** Milliseconds after the answer; undefined: as long as it is let. */
  readonly holdMs: number | undefined
}

export const DESCRIPTIONS: Readonly<Record<Attack, string>> = {
  burst: 'a stolen credential is drained: all calls at once, each held as long as it is let',
  night: 'the same while the office is closed, four calls at a time',
  spray: 'one short call to each of many countries, to find those that are open',
  sequential: 'short calls to neighbouring numbers, one after another: the probes before an attack',
}

const PROBE_MS = 3_000
const NIGHT_CHANNELS = 4
/** Mobile numbers of Lithuania: a favourite of those who share in what a call costs. */
const FAVOURITE = '+37060000001'

/** One number in each of many countries, assigned so that a dial plan takes it for one. */
export const SPRAYED: readonly string[] = (
  '37060000001 37120000001 37250000001 38761000001 355672000001 359880000001 37360000001 375291000001 995555000001 ' +
  '37491000001 994501000001 992917000001 998901000001 9607700001 94711000001 923001000001 8801711000001 252611000001 ' +
  '23276000001 224620000001 231770000001 2203000001 22890000001 242061000001 243810000001 261321000001 2693210001 ' +
  '263711000001 251911000001 21620000001 213550000001 212600000001 5351000001 5926000001 593991000001 59170000001 ' +
  '50934000001 6777400001 6785300001 6767700001 6745550001 688901001 67570000001 68673000001 6797000001 6857200001 ' +
  '17582840001 18762100001 14734030001 17672250001 33612000001 393331000001 34612000001 48512000001 447400000001 ' +
  '436641000001 41781000001 905321000001'
)
  .split(' ')
  .map(digits => `+${digits}`)

/** In order of time; never longer than `seconds`. */
export function planAttack(attack: Attack, options: AttackOptions): readonly PlannedCall[] {
  const { calls, seconds } = options
  const all = Array.from({ length: calls }, (_, index) => callOf(attack, index, options))
  return all.filter(each => each.at < seconds * 1_000)
}

function callOf(attack: Attack, index: number, { calls, seconds, destination }: AttackOptions): PlannedCall {
  const first = destination ?? FAVOURITE
  switch (attack) {
    case 'burst':
      return { number: after(first, index), at: 0, holdMs: undefined }
    case 'night': {
      const rounds = Math.ceil(calls / NIGHT_CHANNELS)
      const round = Math.floor(index / NIGHT_CHANNELS)
      const holdMs = Math.floor((seconds * 1_000) / rounds)
      return { number: after(first, index), at: round * holdMs, holdMs }
    }
    case 'spray': {
      const number = destination === undefined ? SPRAYED[index % SPRAYED.length]! : after(first, index)
      return { number, at: Math.floor((index * seconds * 1_000) / calls), holdMs: PROBE_MS }
    }
    case 'sequential':
      return { number: after(first, index), at: Math.floor((index * seconds * 1_000) / calls), holdMs: PROBE_MS }
  }
}

/** The number that comes so many after this one. */
function after(number: string, count: number): string {
  return `+${String(BigInt(number.slice(1)) + BigInt(count))}`
}
