/** The invented office and its attackers through the replay. */
import type { RecordedCall } from '../../../src/fraud/replay/recorded-call.ts'
import { readOrganisation, REPLAYED } from '../../../src/fraud/replay/organisation.ts'
import { type CallOutcome, createReplay } from '../../../src/fraud/replay/replay.ts'
import { Tally } from '../../../src/fraud/replay/tally.ts'
import type { NumberedCall } from '../../../src/fraud/replay/read-calls.ts'
import { defaultPolicy, type FraudPolicy } from '../../../src/fraud/policy.ts'
import { createDeck, type Deck, type Rate } from '../../../src/fraud/rating/deck.ts'
import { parseMicros, ZERO } from '../../../src/fraud/rating/money.ts'
import { ALL_RULES } from '../../../src/fraud/rules/index.ts'
import { type Attack, DEAR_PER_MINUTE, DEAR_PREFIX } from './attacks.ts'
import { countryOfAddress, DAY, FIRST_DAY, officeCalls, ORGANISATION } from './office.ts'

export const DEFAULT_POLICY: FraudPolicy = defaultPolicy(REPLAYED, ORGANISATION.country)

/** The same caps, and every rule only tells. */
export const CAPS_ALONE: FraudPolicy = {
  ...DEFAULT_POLICY,
  rules: Object.fromEntries(ALL_RULES.map(({ id }) => [id, { mode: 'dry-run' }])),
}

function rate(prefix: string, perMinute: string): Rate {
  const price = parseMicros(perMinute)
  if (!price.ok) throw new Error(price.error)
  const billing = { connectionFee: ZERO, minimumSeconds: 0, incrementSeconds: 60 }
  return { prefix, name: prefix, perMinute: price.value, ...billing, validFrom: undefined }
}

/** A provider's deck for the countries that the office has opened. */
const deckWith = (dearPerMinute: string): Deck =>
  createDeck('EUR', [
    rate('49', '0.015'),
    ...['43', '41', '33', '44', '31', '48', '1'].map(prefix => rate(prefix, '0.06')),
    rate(DEAR_PREFIX, dearPerMinute),
  ])

export interface Played {
  readonly tally: Tally
  readonly suspended: readonly string[]
  /** Honest calls that were disturbed. */
  readonly disturbed: readonly CallOutcome[]
}

interface Options {
  readonly openCountries?: readonly string[] | undefined
  readonly deck?: Deck | undefined
}

async function play(
  calls: readonly RecordedCall[],
  policy: FraudPolicy,
  { openCountries = [], deck }: Options,
): Promise<Played> {
  const document = { ...ORGANISATION, openCountries: [...ORGANISATION.openCountries, ...openCountries] }
  const organisation = readOrganisation(JSON.stringify(document))
  if (!organisation.ok) throw new Error(JSON.stringify(organisation.error))
  const replay = createReplay({
    organisation: organisation.value,
    policy,
    deck,
    countryOfAddress,
    onRuleError(rule, error) {
      throw new Error(`${rule}: ${String(error)}`)
    },
  })
  const tally = new Tally()
  const disturbed: CallOutcome[] = []
  for await (const outcome of replay.outcomes(inOrder(calls))) {
    tally.add(outcome)
    if (outcome.disturbing && outcome.call.label === 'legitimate') disturbed.push(outcome)
  }
  return { tally, suspended: replay.suspended, disturbed }
}

async function* inOrder(calls: readonly RecordedCall[]): AsyncGenerator<NumberedCall> {
  const sorted = calls
    .map((call, index) => ({ call, index }))
    .sort((a, b) => a.call.start - b.call.start || a.index - b.index)
  for (const [index, { call }] of sorted.entries()) yield { ...call, index }
}

/** The attack, after more than two honest weeks and among the honest calls of the days that follow. */
export function playAttack(attack: Attack, policy: FraudPolicy, dearPerMinute = DEAR_PER_MINUTE): Promise<Played> {
  const { calls, openCountries } = attack
  const deck = openCountries === undefined ? deckWith(dearPerMinute) : undefined
  return play([...officeCalls({ seed: 1, days: 24 }), ...calls], policy, { openCountries, deck })
}

export interface OfficePlayed extends Played {
  readonly calls: number
  /** Of calls after the first week. */
  readonly laterCalls: number
  readonly laterDisturbed: number
}

/** Ninety honest days. */
export async function playOffice(seed: number): Promise<OfficePlayed> {
  const calls = officeCalls({ seed, days: 90 })
  const played = await play(calls, DEFAULT_POLICY, { deck: deckWith(DEAR_PER_MINUTE) })
  const later = FIRST_DAY + 7 * DAY
  return {
    ...played,
    calls: calls.length,
    laterCalls: calls.filter(each => each.start >= later).length,
    laterDisturbed: played.disturbed.filter(each => each.call.start >= later).length,
  }
}
