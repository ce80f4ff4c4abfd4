/** The operations on decisions: read, explained, taken back, answered. */
import type { ApprovalRequest, FraudDecisionView, FraudOperations } from '../api/fraud-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { KeptDecision } from '../guard/enforce/decision-table.ts'
import { type Approval, isForAll } from '../guard/types.ts'
import type { PayerKey } from '../fraud/types.ts'
import type { FraudParts } from './fraud-parts.ts'
import { undoDecision } from './fraud-undo.ts'
import { decisionView, isHeld, payerNames, policyLines, ruleView } from './fraud-views.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, refused } from './operations-result.ts'

type DecisionOperations = Pick<
  FraudOperations,
  'fraudDecisions' | 'fraudExplain' | 'fraudUndo' | 'fraudApprovals' | 'fraudApprove' | 'fraudDeny'
>

/** Decisions that are looked through for one that the table does not hold any more. */
const MAXIMUM_PAST = 10_000
/** The end of an id is enough where it says which. */
const SHORTEST_ENDING = 6
const ORGANISATION = 'organisation'

export function decisionOperations(options: OperationsOptions, fraud: FraudParts): DecisionOperations {
  const { directory, clock } = options
  const organisationId = directory.primary.id
  const view = (decision: KeptDecision): FraudDecisionView =>
    decisionView(decision, clock.now(), payerNames(directory, organisationId))
  return {
    fraudDecisions: ({ all, limit }) =>
      attempt(async () => {
        const now = clock.now()
        if (all) return (await past(fraud, organisationId, limit)).map(view)
        const held = fraud.decisions.list(organisationId, now, true).filter(each => isHeld(each, now))
        return held.slice(0, limit).map(view)
      }),
    async fraudExplain({ id }) {
      const found = await find(options, fraud, id)
      if (!found.ok) return found
      const decision = found.value
      const rule = fraud.rules.find(each => each.id === decision.rule)
      const setting = fraud.policyOf(organisationId).rules[decision.rule]
      return done({
        ...view(decision),
        ruleNow: rule === undefined ? null : ruleView(rule, setting),
        policyLines: rule === undefined ? [] : policyLines(rule, setting),
        undo: isHeld(decision, clock.now()) ? `ringfence fraud undo ${decision.id} --reason "why"` : null,
      })
    },
    async fraudUndo({ id, reason }) {
      const found = await find(options, fraud, id)
      if (!found.ok) return found
      if (!isHeld(found.value, clock.now())) return over(found.value)
      return attempt(async () => {
        const undone = await undoDecision({ ...options, fraud }, found.value.id, options.actor, reason)
        return view(undone ?? found.value)
      })
    },
    async fraudApprovals() {
      const waiting = fraud.decisions.waiting(organisationId, clock.now())
      return done(waiting.flatMap(each => requestOf(view(each))))
    },
    async fraudApprove({ id, seconds }) {
      const found = await waitingOne(options, fraud, id)
      if (!found.ok) return found
      return attempt(() => approve(options, fraud, found.value, clock.now() + seconds * 1_000))
    },
    async fraudDeny({ id }) {
      const found = await waitingOne(options, fraud, id)
      if (!found.ok) return found
      return attempt(async () => {
        await settle(options, fraud, found.value, 'denied')
        options.bus.publish('fraud.denied', { actor: options.actor, decision: found.value.id }, organisationId)
        return { id: found.value.id }
      })
    },
  }
}

function requestOf(view: FraudDecisionView): readonly ApprovalRequest[] {
  const { id, at, payer, approval, rule, reason, expiresAt } = view
  return approval === null ? [] : [{ id, at, payer, ...approval, rule, reason, expiresAt }]
}

/** Whatever else asks for the same is answered with it. */
async function approve(
  options: OperationsOptions,
  fraud: FraudParts,
  decision: KeptDecision,
  until: number,
): Promise<{ readonly id: string; readonly until: number }> {
  const { clock, bus, actor, directory } = options
  const { id, organisationId, subject, approval } = decision
  if (approval === undefined) throw new Error(`${id} asks for nothing`)
  const payer = payerOf(approval, subject)
  await fraud.approve(organisationId, payer, approval, until)
  const same = fraud.decisions
    .waiting(organisationId, clock.now())
    .filter(each => payer === undefined || each.subject === payer)
    .filter(each => each.approval?.kind === approval.kind && each.approval.value === approval.value)
  for (const each of same) await settle(options, fraud, each, 'approved')
  const named = payer === undefined ? undefined : payerNames(directory, organisationId)(payer)
  const { kind, value } = approval
  bus.publish('fraud.approved', { actor, payer: named, approval: kind, value, until }, organisationId)
  return { id, until }
}

async function settle(
  { clock, actor }: OperationsOptions,
  fraud: FraudParts,
  { id }: KeptDecision,
  state: 'approved' | 'denied',
): Promise<void> {
  const settled = fraud.decisions.settle(id, state)
  if (settled !== undefined) await fraud.saveDecision(settled, { at: clock.now(), by: actor.name, reason: state })
}

async function waitingOne(
  options: OperationsOptions,
  fraud: FraudParts,
  id: string,
): Promise<OperationResult<KeptDecision>> {
  const found = await find(options, fraud, id)
  if (!found.ok) return found
  const waiting = fraud.decisions.waiting(found.value.organisationId, options.clock.now())
  return waiting.some(each => each.id === found.value.id) ? found : over(found.value)
}

/** By its id, or by the end of it where only one has that. */
async function find(
  { directory }: OperationsOptions,
  fraud: FraudParts,
  id: string,
): Promise<OperationResult<KeptDecision>> {
  const organisationId = directory.primary.id
  const known = fraud.decisions.get(id)
  if (known?.organisationId === organisationId) return done(known)
  return attemptFind(async () => {
    const all = await past(fraud, organisationId, MAXIMUM_PAST)
    const found = all.filter(each => each.id === id || (id.length >= SHORTEST_ENDING && each.id.endsWith(id)))
    if (found.length === 1) return done(found[0]!)
    const message =
      found.length === 0
        ? `there is no decision ${id}; "ringfence fraud decisions --all" lists them`
        : `${found.length} decisions end in ${id}; give more of it`
    return refused({ code: 'FRAUD_UNKNOWN', message })
  })
}

async function attemptFind(run: () => Promise<OperationResult<KeptDecision>>): Promise<OperationResult<KeptDecision>> {
  const result = await attempt(run)
  return result.ok ? result.value : result
}

/** Of the table and of the store, newest first. */
async function past(fraud: FraudParts, organisationId: string, limit: number): Promise<readonly KeptDecision[]> {
  const stored = await fraud.pastDecisions(limit)
  return stored.filter(each => each.organisationId === organisationId)
}

function over({ id, state }: KeptDecision): OperationResult<never> {
  const how = state === 'in-force' ? 'is over, or only told' : `was ${state} already`
  return refused({ code: 'FRAUD_REFUSED', message: `decision ${id} ${how}` })
}

/** Undefined: for everybody. */
function payerOf(approval: Approval, subject: PayerKey): PayerKey | undefined {
  return subject === ORGANISATION || isForAll(approval) ? undefined : subject
}
