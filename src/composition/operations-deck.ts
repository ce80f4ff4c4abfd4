/** The operations on rate decks. A deck is handed over in parts and counts when it is whole. */
import type { DeckView, FraudOperations, RateInput } from '../api/fraud-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { Timer } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import type { Rate } from '../fraud/rating/deck.ts'
import { microsOf } from '../fraud/rating/money.ts'
import { MAXIMUM_RATES } from '../fraud/rating/parse-deck.ts'
import { currencyOfCountry } from '../fraud/policy.ts'
import type { FraudParts } from './fraud-parts.ts'
import { keep } from './fraud-policy-change.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, refused } from './operations-result.ts'

type DeckOperations = Pick<FraudOperations, 'deckShow' | 'deckBegin' | 'deckAppend' | 'deckCommit' | 'deckRemove'>

/** What nobody goes on with is forgotten. */
const IDLE_MS = 300_000
/** What the built-in prices are good for. */
const BUILT_IN_CURRENCIES: ReadonlySet<string> = new Set(['EUR', 'GBP', 'CHF', 'USD'])

interface Upload {
  readonly id: string
  readonly name: string
  readonly currency: string
  readonly rates: Rate[]
  readonly seen: Set<string>
  timer: Timer
}

export function deckOperations(options: OperationsOptions, fraud: FraudParts): DeckOperations {
  const { directory, clock } = options
  const organisation = (): typeof directory.primary.id => directory.primary.id
  /** One at a time: a deck takes memory before it counts. */
  let current: Upload | undefined

  const serially = <T>(change: () => Promise<T>): Promise<OperationResult<T>> => fraud.serially(() => attempt(change))

  function idle(upload: string): Timer {
    return clock.schedule(IDLE_MS, () => {
      if (current?.id === upload) current = undefined
    })
  }

  function under(upload: string): OperationResult<Upload> {
    if (current?.id !== upload) {
      const message = 'this import was given up: another one began, or nothing came for five minutes; begin again'
      return refused({ code: 'FRAUD_UNKNOWN', message })
    }
    current.timer.cancel()
    current.timer = idle(upload)
    return done(current)
  }

  return {
    async deckShow() {
      return done(deckView(options, fraud))
    },
    async deckBegin({ name, currency = fraud.policyOf(organisation()).currency }) {
      current?.timer.cancel()
      const id = newId(clock.now())
      current = { id, name, currency, rates: [], seen: new Set(), timer: idle(id) }
      return done({ upload: id })
    },
    async deckAppend({ upload, rates }) {
      const found = under(upload)
      return found.ok ? append(found.value, rates) : found
    },
    async deckCommit({ upload }) {
      const found = under(upload)
      if (!found.ok) return found
      const { name, currency, rates, timer } = found.value
      if (rates.length === 0) return refused({ code: 'FRAUD_REFUSED', message: 'there is no rate in it' })
      timer.cancel()
      current = undefined
      return serially(async () => {
        await fraud.saveDeck({ organisationId: organisation(), name, currency, importedAt: clock.now(), rates })
        options.bus.publish(
          'fraud.deck-imported',
          { actor: options.actor, name, currency, rates: rates.length },
          organisation(),
        )
        await countIn(options, fraud, currency)
        return deckView(options, fraud)
      })
    },
    async deckRemove() {
      const before = fraud.deckOf(organisation())
      if (before === undefined) return done(deckView(options, fraud))
      return serially(async () => {
        await fraud.removeDeck(organisation())
        options.bus.publish('fraud.deck-removed', { actor: options.actor, name: before.name }, organisation())
        const { currency } = fraud.policyOf(organisation())
        const home = directory.callingOf(organisation()).country
        await countIn(options, fraud, BUILT_IN_CURRENCIES.has(currency) ? currency : currencyOfCountry(home))
        return deckView(options, fraud)
      })
    },
  }
}

function append(upload: Upload, inputs: readonly RateInput[]): OperationResult<{ readonly rates: number }> {
  const { rates, seen } = upload
  if (rates.length + inputs.length > MAXIMUM_RATES) {
    return refused({ code: 'FRAUD_REFUSED', message: `more than ${MAXIMUM_RATES} rates` })
  }
  const fresh = new Set<string>()
  for (const { prefix, validFrom } of inputs) {
    const key = `${prefix} ${validFrom ?? ''}`
    if (seen.has(key) || fresh.has(key)) {
      return refused({ code: 'FRAUD_REFUSED', message: `${prefix} stands twice with the same date` })
    }
    fresh.add(key)
  }
  for (const key of fresh) seen.add(key)
  for (const input of inputs) rates.push(rateOf(input))
  return done({ rates: rates.length })
}

function rateOf({ perMinute, connectionFee, validFrom, ...rate }: RateInput): Rate {
  return {
    ...rate,
    perMinute: microsOf(perMinute),
    connectionFee: microsOf(connectionFee),
    validFrom: validFrom ?? undefined,
  }
}

/** Caps count in the currency of the prices: their amounts stay. */
async function countIn(options: OperationsOptions, fraud: FraudParts, currency: string): Promise<void> {
  const policy = fraud.policyOf(options.directory.primary.id)
  await keep(options, fraud, policy, { ...policy, currency })
}

export function deckView({ directory }: OperationsOptions, fraud: FraudParts): DeckView {
  const { id } = directory.primary
  const deck = fraud.deckOf(id)
  if (deck !== undefined) return { source: 'imported', ...deck }
  const { currency } = fraud.policyOf(id)
  return { source: 'built-in', name: 'built-in prices', currency, rates: null, importedAt: null }
}
