/** Toll-fraud control as it runs live, with everything around it replaced by what a recording knows. */
import type { CallId } from '../../base/ids.ts'
import type { OrganisationCalling } from '../../directory/calling.ts'
import { createDecisionTable } from '../../guard/enforce/decision-table.ts'
import type { Decision } from '../../guard/types.ts'
import type { RouteReader } from '../../routing/route-dialled.ts'
import { toE164 } from '../../routing/to-e164.ts'
import { createBudgets } from '../budget/budgets.ts'
import { createMemoryBudgetStore } from '../budget/memory-store.ts'
import { createFraudControl } from '../control/control.ts'
import type { FraudControl } from '../control/types.ts'
import { createHistory } from '../history/history.ts'
import type { FraudPolicy } from '../policy.ts'
import type { Deck } from '../rating/deck.ts'
import { createTariff, type Tariff } from '../rating/tariff.ts'
import { ALL_RULES } from '../rules/index.ts'
import type { RecordedCall } from './recorded-call.ts'
import { readerOf, REPLAYED, type ReplayOrganisation } from './organisation.ts'

export interface ReplayWorldOptions {
  readonly organisation: ReplayOrganisation
  readonly policy: FraudPolicy
  /** Undefined: the built-in prices. */
  readonly deck: Deck | undefined
  readonly countryOfAddress: (address: string) => string | undefined
  /** A rule that threw: a fault of ours, and told. */
  onRuleError(rule: string, error: unknown): void
}

export interface ReplayWorld {
  readonly control: FraudControl
  readonly calling: OrganisationCalling
  readonly reader: RouteReader
  readonly tariff: Tariff
  readonly suspended: readonly string[]
  cameIn(call: RecordedCall): void
  refused(call: RecordedCall & { readonly index: number }, rule: string): void
  /** A question was answered. */
  settle(decision: string): void
}

export interface ReplayEffects {
  endCalls(payer: string, decision: Decision): void
}

export function createReplayWorld(options: ReplayWorldOptions, effects: ReplayEffects): ReplayWorld {
  const { organisation, policy, deck, countryOfAddress, onRuleError } = options
  const { calling } = organisation
  const tariff = createTariff({ deck, homeCountry: calling.country })
  const decisions = createDecisionTable()
  const suspended = new Set<string>()
  let ids = 0
  const control = createFraudControl({
    rules: ALL_RULES,
    history: createHistory(),
    policyOf: () => policy,
    tariffOf: () => tariff,
    directory: { callingOf: () => calling },
    budgets: createBudgets({
      store: createMemoryBudgetStore(),
      nodeId: 'replay',
      onStoreError(error) {
        throw error
      },
    }),
    decisions,
    countryOfAddress,
    newId: () => `d${++ids}`,
    onRuleError,
    effects: {
      suspend: (_, payer) => void suspended.add(payer),
      endCalls: (_, payer, decision) => effects.endCalls(payer, decision),
      decided() {},
      capReached() {},
      charged() {},
    },
  })
  return {
    control,
    calling,
    reader: readerOf(organisation),
    tariff,
    get suspended() {
      return [...suspended]
    },
    cameIn({ start, extension, callerId, answered, seconds }) {
      control.observe({
        kind: 'incoming',
        at: start,
        organisationId: REPLAYED,
        callId: `in-${++ids}` as CallId,
        from: toE164(callerId, calling.country),
        payer: extension,
        answered,
        ringMs: answered ? 0 : seconds * 1_000,
      })
    },
    refused({ start, index, extension, forwardedBy, transferredBy, destination }, rule) {
      const payer = forwardedBy || transferredBy || extension
      const callId = `${index}` as CallId
      control.observe({
        kind: 'refused',
        at: start,
        organisationId: REPLAYED,
        callId,
        payer,
        rule,
        dialled: destination,
      })
    },
    settle: decision => void decisions.settle(decision, 'approved'),
  }
}
