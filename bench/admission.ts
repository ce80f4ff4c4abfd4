/**
 * What toll-fraud control adds to the set-up of a call to the outside, at 500 calls a second: rating in a deck of 500,000 prefixes,
 * every rule of behaviour, and a durable charge in the embedded PostgreSQL, with 10,000 extensions; with headroom charged in advance
 * (as it runs) and without: `npm run bench:admission [-- --rounds 3 --rate 500]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { systemClock } from '../src/base/clock.ts'
import { type CallId, newId, type OrganisationId } from '../src/base/ids.ts'
import { silentLogger } from '../src/base/logger.ts'
import { createAdmission } from '../src/composition/fraud-admission.ts'
import { keepHeadroom } from '../src/composition/fraud-headroom.ts'
import { defaultOrganisationCalling } from '../src/directory/default-calling.ts'
import type { Extension, Organisation } from '../src/directory/types.ts'
import { createEventBus } from '../src/events/bus.ts'
import { createBudgets } from '../src/fraud/budget/budgets.ts'
import { createLeases, type Leases } from '../src/fraud/budget/leases.ts'
import { createMemoryBudgetStore } from '../src/fraud/budget/memory-store.ts'
import type { BudgetStore } from '../src/fraud/budget/types.ts'
import { createFraudControl } from '../src/fraud/control/control.ts'
import { createHistory } from '../src/fraud/history/history.ts'
import { defaultPolicy, type FraudPolicy } from '../src/fraud/policy.ts'
import { createDeck, type Deck, type Rate } from '../src/fraud/rating/deck.ts'
import { microsOf, ZERO } from '../src/fraud/rating/money.ts'
import { createTariff } from '../src/fraud/rating/tariff.ts'
import { ALL_RULES } from '../src/fraud/rules/index.ts'
import { createDecisionTable } from '../src/guard/enforce/decision-table.ts'
import { createSealer } from '../src/keys/sealer.ts'
import { openStore } from '../src/store/open-store.ts'
import { COUNTRIES, digitsOf, generator, sampleNumber } from '../test/support/phone-numbers.ts'
import { pause } from '../test/support/places.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const RATE = options.rate ?? 500
const SECONDS = options.smoke ? 1 : options.seconds * 2
const PREFIXES = options.smoke ? 5_000 : 500_000
const EXTENSIONS = options.smoke ? 20 : 10_000
const EXTENSIONS_EACH = 50
const CALL_MS = 2_000
const AIM_MS = 1
const pick = generator(20_261_123)

/** Prices from 1 to 20 cents, by the second, six seconds or minute. Every number has one. */
function deckOfMany(): Deck {
  const rate = (prefix: string): Rate => ({
    prefix,
    name: prefix,
    perMinute: microsOf((1 + pick(20)) * 10_000),
    connectionFee: ZERO,
    minimumSeconds: pick(2) * 30,
    incrementSeconds: [1, 6, 60][pick(3)]!,
    validFrom: undefined,
  })
  const prefixes = new Set(Array.from({ length: 9 }, (_, digit) => String(digit + 1)))
  while (prefixes.size < PREFIXES) {
    const stem = sampleNumber(pick, COUNTRIES[pick(COUNTRIES.length)]!).e164.slice(1, 4 + pick(5))
    for (let i = 0; i < 50 && prefixes.size < PREFIXES; i++) prefixes.add(stem + digitsOf(pick, 1 + pick(4)))
  }
  return createDeck('EUR', [...prefixes].map(rate))
}

/** Nothing is found that would stop the load; everything is looked at. */
function tryingPolicy(organisationId: OrganisationId): FraudPolicy {
  const policy = defaultPolicy(organisationId, 'DE')
  const caps = Object.fromEntries(Object.entries(policy.caps).map(([name, cap]) => [name, microsOf(cap * 100)]))
  const rules = Object.fromEntries(ALL_RULES.map(({ id }) => [id, { mode: 'dry-run' } as const]))
  return { ...policy, caps: { ...policy.caps, ...caps }, rules }
}

const deck = deckOfMany()
const numbers = Array.from({ length: 5_000 }, () => sampleNumber(pick, COUNTRIES[pick(COUNTRIES.length)]!).e164)
const organisations = Array.from({ length: Math.ceil(EXTENSIONS / EXTENSIONS_EACH) }, () => {
  const id = newId<'OrganisationId'>(Date.now())
  const organisation: Organisation = { id, name: id, domain: id, createdAt: 0 }
  return { organisation, policy: tryingPolicy(id), calling: defaultOrganisationCalling(id, 'DE', 'Europe/Berlin') }
})
const byId = new Map(organisations.map(each => [each.policy.organisationId, each]))
const extensions = Array.from({ length: EXTENSIONS }, (_, index): Extension & { readonly address: string } => ({
  id: newId<'ExtensionId'>(Date.now()),
  number: String(100 + (index % EXTENSIONS_EACH)),
  name: '',
  state: 'active',
  suspendedReason: undefined,
  createdAt: 0,
  organisationId: organisations[Math.floor(index / EXTENSIONS_EACH)]!.organisation.id,
  address: `198.51.${index >> 8}.${index & 255}`,
}))
const extensionsOf = Map.groupBy(extensions, each => each.organisationId)
const numberOf = new Map<string, string>(extensions.map(each => [each.id, each.number]))

function admissionOver(store: BudgetStore): ReturnType<typeof createAdmission> {
  const fail = (error: unknown): void => console.error(error)
  const tariff = createTariff({ deck, homeCountry: 'DE' })
  const nothing = (): void => undefined
  const control = createFraudControl({
    rules: ALL_RULES,
    history: createHistory(),
    policyOf: id => byId.get(id)!.policy,
    tariffOf: () => tariff,
    directory: { callingOf: id => byId.get(id)!.calling },
    budgets: createBudgets({ store, clock: systemClock, nodeId: 'bench', onStoreError: fail }),
    decisions: createDecisionTable(),
    countryOfAddress: () => 'DE',
    newId: at => newId(at),
    onRuleError: (rule, error) => console.error(rule, error),
    effects: { suspend: nothing, endCalls: nothing, decided: nothing, capReached: nothing, charged: nothing },
  })
  const bus = createEventBus(systemClock, fail)
  return createAdmission({ control, clock: systemClock, bus, numberOf: payer => numberOf.get(payer) ?? payer })
}

interface Figures {
  readonly times: readonly number[]
  readonly refused: number
}

/** Calls begin at their rate, whether or not earlier ones have been admitted; each is answered, and over after two seconds. */
async function load(
  { admission }: ReturnType<typeof createAdmission>,
  count: number,
  next: (index: number) => (typeof extensions)[number],
): Promise<Figures> {
  const times: number[] = []
  let refused = 0
  const place = async (index: number): Promise<void> => {
    const { id, organisationId, address } = next(index)
    const request = {
      callId: newId<'CallId'>(Date.now()) as CallId,
      organisationId,
      extensionId: id,
      payer: id,
      cause: 'dialled' as const,
      dialled: numbers[pick(numbers.length)]!,
      destination: 'external' as const,
      callerId: undefined,
      source: { address, userAgent: 'bench', device: id },
      at: Date.now(),
    }
    const before = performance.now()
    const admitted = await admission.admit(request)
    times.push(performance.now() - before)
    if (admitted.verdict === 'refuse') {
      if (refused++ === 0) console.error(admitted)
      return
    }
    admission.answered?.(admitted.reservation!, Date.now())
    await pause(CALL_MS)
    admission.released?.(admitted.reservation!, Date.now())
  }
  const calls: Promise<void>[] = []
  const begun = performance.now()
  while (calls.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - begun) * RATE) / 1_000))
    while (calls.length < due) calls.push(place(calls.length))
    await pause(1)
  }
  await Promise.all(calls)
  return { times, refused }
}

const folder = mkdtempSync(join(tmpdir(), 'ringfence-bench-admission-'))
const store = await openStore({
  dataDirectory: folder,
  sealer: createSealer(new Uint8Array(32)),
  clock: systemClock,
  logger: silentLogger,
})
const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!

/** Rounds of one work: the spread of their quantiles. */
function rowOf(work: string, rounds: readonly Figures[]): readonly string[] {
  const times = rounds.flatMap(each => each.times)
  const spread = (share: number): string => shownSpread(spreadOf(rounds.map(each => quantile(each.times, share))))
  const late = (times.filter(each => each > AIM_MS).length / times.length) * 100
  const refused = rounds.reduce((sum, each) => sum + each.refused, 0)
  const counts = [String(times.length), String(refused)]
  return [work, spread(0.5), spread(0.99), shown(Math.max(...times)), String(AIM_MS), shown(late), ...counts]
}

/** As a running server does, each minute. */
async function prepare(leases: Leases): Promise<() => void> {
  const prepared = Promise.withResolvers<void>()
  const stop = keepHeadroom({
    clock: systemClock,
    directory: {
      organisations: () => organisations.map(each => each.organisation),
      extensions: id => extensionsOf.get(id) ?? [],
      callingOf: id => byId.get(id)!.calling,
    },
    leases: { prepare: caps => leases.prepare(caps).finally(prepared.resolve) },
    policyOf: id => byId.get(id)!.policy,
    onError: error => console.error(error),
  })
  await prepared.promise
  await pause(options.smoke ? 500 : 5_000)
  return stop
}

const leases = createLeases({ store: store.fraud.budgets, clock: systemClock, onStoreError: console.error })
// The first shows what rating and rules cost without any charge, and compiles everything.
const ways = [
  ['no database', admissionOver(createMemoryBudgetStore())],
  ['each charge durable', admissionOver(store.fraud.budgets)],
  ['charged in advance', admissionOver(leases)],
] as const
const rounds = new Map<string, Figures[]>()

async function measure(work: string, figures: Promise<Figures>): Promise<void> {
  const known = rounds.get(work) ?? []
  rounds.set(work, [...known, await figures])
  console.log(rowOf(work, rounds.get(work)!.slice(-1)).join(' | '))
}

try {
  const stopPreparing = await prepare(leases)
  for (const [name, admission] of ways) {
    const first = load(admission, EXTENSIONS, index => extensions[index]!)
    await measure(`${name}: first call of each extension`, first)
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, admission] of ways) {
      const any = load(admission, RATE * SECONDS, () => extensions[pick(EXTENSIONS)]!)
      await measure(`${name}: any extension`, any)
    }
  }
  stopPreparing()
  for (const [, admission] of ways) admission.stop()
  await leases.stop()
  const heads = [
    `admission at ${RATE}/s`,
    'p50, ms',
    'p99, ms',
    'most, ms',
    'aim p99, ms',
    'above, %',
    'calls',
    'refused',
  ]
  const rows = [...rounds].map(([work, figures]) => rowOf(work, figures))
  console.log(`${deck.size} prefixes, ${EXTENSIONS} extensions`)
  publish('admission', options, table(heads, rows), rows)
} finally {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
