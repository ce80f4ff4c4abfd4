/** Toll-fraud control for tests of what stands on it: a policy, decisions and a deck in memory, nothing computed. */
import type {
  ApprovalRequest,
  BlockView,
  BudgetView,
  DeckView,
  FraudDecisionView,
  FraudOperations,
  FraudRuleView,
  FraudStatusView,
  PolicyView,
  PriceView,
  RateInput,
} from './fraud-operations.ts'
import type { OperationResult } from './operations.ts'

export interface FakeFraud {
  deck: DeckView
  price: PriceView
  budget: BudgetView
  status: FraudStatusView
  readonly rules: Map<string, FraudRuleView>
  policy: PolicyView
  decisions: readonly FraudDecisionView[]
  approvals: readonly ApprovalRequest[]
  readonly blocks: Map<string, BlockView>
  /** Rates that were handed over and not committed. */
  uploaded: RateInput[]
}

const MOMENT = Date.UTC(2026, 10, 22, 12, 0, 0)

export const BUILT_IN_DECK: DeckView = {
  source: 'built-in',
  name: 'built-in prices',
  currency: 'EUR',
  rates: null,
  importedAt: null,
}

export const FAKE_DECISION: FraudDecisionView = {
  id: 'd-1',
  at: MOMENT,
  rule: 'FRAUD_BURST',
  payer: '101',
  also: [],
  response: 'suspend',
  mode: 'on',
  reason: '12 calls to expensive numbers within a minute',
  evidence: { calls: '12', window: '60 s' },
  callId: 'call-1',
  prefix: null,
  approval: null,
  expiresAt: null,
  count: 1,
  state: 'in-force',
}

export const FAKE_RULE: FraudRuleView = {
  id: 'FRAUD_BURST',
  title: 'Many calls at once',
  description: 'Calls to the outside within a short time. A stolen credential is used at once and at full rate.',
  mode: 'on',
  response: null,
  thresholds: [
    { name: 'calls', value: 10, standard: 10 },
    { name: 'windowSeconds', value: 60, standard: 60 },
  ],
  exempt: [],
}

export function createFakeFraud(): FakeFraud {
  const summary = {
    currency: 'EUR',
    spentToday: '3.20',
    capToday: '50.00',
    spentThisMonth: '41.70',
    capThisMonth: '500.00',
    suspended: [],
    decisionsInForce: 0,
    waiting: 0,
    deck: BUILT_IN_DECK,
  }
  return {
    deck: BUILT_IN_DECK,
    price: {
      e164: '+493012345678',
      country: 'DE',
      class: 'ordinary',
      currency: 'EUR',
      perMinute: '0.05',
      connectionFee: '0.00',
      minimumSeconds: 60,
      incrementSeconds: 60,
      source: 'built-in',
      prefix: '49',
      name: 'Germany',
      closed: null,
      allowed: [
        { limit: 'call', cap: '5.00', seconds: 6_000 },
        { limit: 'maximumDuration', cap: null, seconds: 14_400 },
      ],
    },
    budget: {
      currency: 'EUR',
      timeZone: 'Europe/Berlin',
      caps: {
        call: '5.00',
        extensionDay: '10.00',
        organisationDay: '50.00',
        organisationMonth: '500.00',
        riskyDay: '5.00',
      },
      extensionDayCaps: {},
      maximumCallSeconds: 14_400,
      reserved: '0.40',
      lines: [
        {
          scope: 'organisation-day',
          payer: '',
          period: '2026-11-22',
          charged: '3.20',
          cap: '50.00',
          perMille: 64,
        },
      ],
    },
    status: { ...summary, stoppedToday: 0, preventedToday: null, firing: [], blocked: [], officeOpen: true },
    rules: new Map([[FAKE_RULE.id, FAKE_RULE]]),
    policy: { currency: 'EUR', caps: { call: '5.00' } },
    decisions: [],
    approvals: [],
    blocks: new Map(),
    uploaded: [],
  }
}

type Note = (name: string, input: unknown) => void

export function fakeFraudOperations(state: FakeFraud, note: Note): FraudOperations {
  return {
    ...fakeDeck(state, note),
    ...fakeBudget(state, note),
    ...fakeRules(state, note),
    ...fakeAnswers(state, note),
  }
}

function fakeDeck(state: FakeFraud, note: Note) {
  return {
    async deckShow() {
      return done(state.deck)
    },
    async deckBegin(input) {
      note('deckBegin', input)
      state.uploaded = []
      return done({ upload: 'u-1' })
    },
    async deckAppend({ rates }) {
      state.uploaded.push(...rates)
      return done({ rates: state.uploaded.length })
    },
    async deckCommit(input) {
      note('deckCommit', input)
      state.deck = {
        ...state.deck,
        source: 'imported',
        name: 'rates.csv',
        rates: state.uploaded.length,
        importedAt: MOMENT,
      }
      return done(state.deck)
    },
    async deckRemove() {
      note('deckRemove', {})
      state.deck = BUILT_IN_DECK
      return done(state.deck)
    },
    async deckPrice(input) {
      note('deckPrice', input)
      return done(state.price)
    },
  } satisfies Partial<FraudOperations>
}

function fakeBudget(state: FakeFraud, note: Note) {
  return {
    async budgetShow(input) {
      note('budgetShow', input)
      return done(state.budget)
    },
    async budgetChange(input) {
      note('budgetChange', input)
      const { extension: _extension, currency = state.budget.currency, maximumCallSeconds, ...caps } = input
      state.budget = {
        ...state.budget,
        currency,
        maximumCallSeconds: maximumCallSeconds ?? state.budget.maximumCallSeconds,
        caps: { ...state.budget.caps, ...caps },
      }
      return done(state.budget)
    },
    async fraudStatus() {
      return done(state.status)
    },
  } satisfies Partial<FraudOperations>
}

function fakeRules(state: FakeFraud, note: Note) {
  return {
    async fraudRules() {
      return done([...state.rules.values()])
    },
    async fraudBacktest(input) {
      note('fraudBacktest', input)
      const sums = { partial: false, calls: 0, stopped: 0, currency: 'EUR', spent: '0.00', spentWithout: '0.00' }
      return { ok: true, value: { days: input.days, ...sums, suspended: [], rules: [], examples: [] } }
    },
    async fraudRuleChange(input) {
      note('fraudRuleChange', input)
      const before = state.rules.get(input.id)
      if (before === undefined) return unknown(`there is no rule ${input.id}`)
      const { mode = before.mode, response = before.response, thresholds = {} } = input
      const changed = before.thresholds.map(each => ({ ...each, value: thresholds[each.name] ?? each.value }))
      const others = before.exempt.filter(({ payer }) => input.exempt?.[payer] === undefined)
      const begun = Object.entries(input.exempt ?? {}).flatMap(([payer, seconds]) =>
        seconds === null ? [] : [{ payer, until: MOMENT + seconds * 1_000 }],
      )
      const after = { ...before, mode, response, thresholds: changed, exempt: [...others, ...begun] }
      state.rules.set(input.id, after)
      return done(after)
    },
    async fraudPolicy() {
      return done(state.policy)
    },
    async fraudPolicyChange(input) {
      note('fraudPolicyChange', input)
      return done(state.policy)
    },
    async fraudDecisions(input) {
      note('fraudDecisions', input)
      return done(state.decisions.filter(each => input.all || each.state === 'in-force'))
    },
    async fraudExplain({ id }) {
      const found = state.decisions.find(each => each.id === id)
      if (found === undefined) return unknown(`there is no decision ${id}`)
      return done({
        ...found,
        ruleNow: state.rules.get(found.rule) ?? null,
        policyLines: ['rules.FRAUD_BURST.mode: on (as it comes)'],
        undo: `ringfence fraud undo ${id} --reason "why"`,
      })
    },
    async fraudUndo(input) {
      note('fraudUndo', input)
      const found = state.decisions.find(each => each.id === input.id)
      if (found === undefined) return unknown(`there is no decision ${input.id}`)
      return done({ ...found, state: 'undone' })
    },
  } satisfies Partial<FraudOperations>
}

function fakeAnswers(state: FakeFraud, note: Note) {
  return {
    async fraudApprovals() {
      return done(state.approvals)
    },
    async fraudApprove(input) {
      note('fraudApprove', input)
      return done({ id: input.id, until: MOMENT + input.seconds * 1_000 })
    },
    async fraudDeny(input) {
      note('fraudDeny', input)
      return done(input)
    },
    async fraudBlock(input) {
      note('fraudBlock', input)
      const expiresAt = input.seconds === null ? null : MOMENT + input.seconds * 1_000
      const block = { prefix: input.prefix, decision: 'd-2', rule: 'OPERATOR', reason: input.reason, expiresAt }
      state.blocks.set(input.prefix, block)
      return done(block)
    },
    async fraudUnblock(input) {
      note('fraudUnblock', input)
      if (!state.blocks.delete(input.prefix)) return unknown(`+${input.prefix} is not blocked`)
      return done({ prefix: input.prefix })
    },
  } satisfies Partial<FraudOperations>
}

function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

function unknown(message: string): OperationResult<never> {
  return { ok: false, error: { code: 'FRAUD_UNKNOWN', message } }
}
