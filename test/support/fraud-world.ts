/** The call room with real toll-fraud control in front of the outside: budgets in memory, decisions that act on the calls. */
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import { createAdmission } from '../../src/composition/fraud-admission.ts'
import type { AdmissionControl } from '../../src/call/admission.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import { createMemoryBudgetStore } from '../../src/fraud/budget/memory-store.ts'
import type { BudgetStore } from '../../src/fraud/budget/types.ts'
import { createFraudControl } from '../../src/fraud/control/control.ts'
import type { CapReached, FraudControl } from '../../src/fraud/control/types.ts'
import { createHistory } from '../../src/fraud/history/history.ts'
import { defaultPolicy, type FraudPolicy } from '../../src/fraud/policy.ts'
import type { Micros } from '../../src/fraud/rating/money.ts'
import { createTariff, type Tariff } from '../../src/fraud/rating/tariff.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import type { FraudRule } from '../../src/fraud/types.ts'
import { createDecisionTable } from '../../src/guard/enforce/decision-table.ts'
import type { Decision } from '../../src/guard/types.ts'
import type { WorldOptions } from './call-world.ts'
import { OutsideWorld } from './outside-world.ts'

export interface Charged {
  readonly payer: string
  readonly to: string
  readonly cost: Micros
}

export class FraudWorld extends OutsideWorld {
  policy: Partial<FraudPolicy> = {}
  tariff: Tariff = createTariff({ deck: undefined, homeCountry: 'DE' })
  readonly rules: FraudRule[] = [...ALL_RULES]
  readonly decisions = createDecisionTable()
  readonly decided: Decision[] = []
  readonly capsReached: CapReached[] = []
  readonly charged: Charged[] = []
  readonly control: FraudControl
  budgetStore: BudgetStore = createMemoryBudgetStore()

  constructor(options: WorldOptions = {}) {
    const admission: { current: AdmissionControl | undefined } = { current: undefined }
    super({
      admission: {
        admit: request => admission.current!.admit(request),
        answered: (reservation, at) => admission.current!.answered!(reservation, at),
        extend: (reservation, at) => admission.current!.extend!(reservation, at),
        released: (reservation, at) => admission.current!.released!(reservation, at),
      },
      ...options,
    })
    const { clock } = this
    const policyOf = (organisationId: OrganisationId): FraudPolicy => ({
      ...defaultPolicy(organisationId, 'DE'),
      ...this.policy,
    })
    const store: BudgetStore = {
      charge: entries => this.budgetStore.charge(entries),
      refund: entries => this.budgetStore.refund(entries),
      charged: keys => this.budgetStore.charged(keys),
    }
    this.control = createFraudControl({
      rules: this.rules,
      history: createHistory(),
      policyOf,
      tariffOf: () => this.tariff,
      directory: { callingOf: id => this.outside.callingOf(id) },
      budgets: createBudgets({ store, nodeId: 'test', clock, policyOf, onStoreError() {} }),
      decisions: this.decisions,
      countryOfAddress: () => undefined,
      newId: at => newId(at),
      onRuleError() {},
      effects: {
        suspend: () => {},
        endCalls: (_, payer) => this.calls.endOutsideCallsOf(payer),
        decided: decision => void this.decided.push(decision),
        capReached: reached => void this.capsReached.push(reached),
        charged: ({ payer, e164: to }, _rate, { cost }) =>
          void this.charged.push({ payer: this.nameOf(payer), to, cost }),
      },
    })
    const bus = { subscribe: () => () => {}, publish: () => ({}) as never }
    admission.current = createAdmission({
      control: this.control,
      clock,
      bus,
      numberOf: payer => this.nameOf(payer),
    }).admission
  }

  nameOf(payer: string): string {
    return this.directory.extension(payer as never)?.number ?? payer
  }
}
