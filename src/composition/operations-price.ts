/** What a number costs, and how long the caps let one call to it last. */
import type { Allowance, CapName, FraudOperations, PriceView } from '../api/fraud-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import { formatMicros, type Micros } from '../fraud/rating/money.ts'
import { costOf, type Price } from '../fraud/rating/price.ts'
import { routeDialled } from '../routing/route-dialled.ts'
import type { ExternalNumber, Route } from '../routing/types.ts'
import type { FraudParts } from './fraud-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { done, refused, unknownExtension } from './operations-result.ts'

export function priceOperations(options: OperationsOptions, fraud: FraudParts): Pick<FraudOperations, 'deckPrice'> {
  const { directory, clock } = options
  return {
    async deckPrice({ number, extension }) {
      const { id } = directory.primary
      if (extension !== undefined && directory.extensionByNumber(id, extension) === undefined) {
        return unknownExtension(extension)
      }
      const route = routeDialled(directory, id, number.trim())
      const external = externalOf(route)
      if (!external.ok) return external
      const priced = fraud.tariffOf(id).price(external.value, clock.now())
      if (!priced.ok)
        return refused({ code: 'FRAUD_REFUSED', message: `${external.value.e164}: ${priced.error.reason}` })
      const { rate, source } = priced.value
      const policy = fraud.policyOf(id)
      return done({
        e164: external.value.e164,
        country: external.value.country ?? null,
        class: external.value.class,
        currency: policy.currency,
        perMinute: formatMicros(rate.perMinute),
        connectionFee: formatMicros(rate.connectionFee),
        minimumSeconds: rate.minimumSeconds,
        incrementSeconds: rate.incrementSeconds,
        source,
        prefix: rate.prefix,
        name: rate.name,
        closed: route.kind === 'denied' ? route.reason : null,
        allowed: allowancesOf(rate, external.value, policy, extension),
      } satisfies PriceView)
    },
  }
}

function externalOf(route: Route): OperationResult<ExternalNumber> {
  const no = (message: string): OperationResult<never> => refused({ code: 'FRAUD_REFUSED', message })
  if (route.kind === 'external') return done(route)
  if (route.kind === 'denied') return route.external === undefined ? no(route.reason) : done(route.external)
  if (route.kind === 'emergency') return no('a call for help is never charged to a budget, and never stopped')
  return no('a call to it stays inside and costs nothing')
}

function allowancesOf(
  price: Price,
  external: ExternalNumber,
  policy: FraudPolicy,
  extension: string | undefined,
): readonly Allowance[] {
  const { caps, extensionDayCaps, maximumCallSeconds } = policy
  const own =
    extension !== undefined && Object.hasOwn(extensionDayCaps, extension) ? extensionDayCaps[extension] : undefined
  const limits: readonly (readonly [CapName, Micros])[] = [
    ['call', caps.call],
    ['extensionDay', own ?? caps.extensionDay],
    ['organisationDay', caps.organisationDay],
    ['organisationMonth', caps.organisationMonth],
    ...(external.class === 'ordinary' ? [] : [['riskyDay', caps.riskyDay] as const]),
  ]
  return [
    ...limits.map(([limit, cap]) => ({
      limit,
      cap: formatMicros(cap),
      seconds: lasts(price, cap, maximumCallSeconds),
    })),
    { limit: 'maximumDuration' as const, cap: null, seconds: maximumCallSeconds },
  ].toSorted((a, b) => a.seconds - b.seconds)
}

/** The longest call, in whole increments, that costs no more than the cap; bounded by the maximum duration. */
export function lasts(price: Price, cap: Micros, maximumSeconds: number): number {
  const { minimumSeconds, incrementSeconds } = price
  if (costOf(price, maximumSeconds) <= cap) return maximumSeconds
  let fits = minimumSeconds > 0 && costOf(price, minimumSeconds) <= cap ? 0 : -1
  if (fits < 0 && minimumSeconds > 0) return 0
  let over = Math.ceil(maximumSeconds / incrementSeconds) + 1
  fits = Math.max(fits, 0)
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2)
    if (costOf(price, minimumSeconds + middle * incrementSeconds) <= cap) fits = middle
    else over = middle
  }
  return Math.min(maximumSeconds, minimumSeconds + fits * incrementSeconds)
}
