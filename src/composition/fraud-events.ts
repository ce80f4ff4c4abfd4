/** Decisions of toll-fraud control in the log. */
import type { EventBus } from '../events/bus.ts'
import type { DecidedAbout } from '../events/fraud-events.ts'
import type { PayerKey } from '../fraud/types.ts'
import type { Decision } from '../guard/types.ts'

export function publishDecision(bus: EventBus, decision: Decision, nameOf: (payer: PayerKey) => string): void {
  const { organisationId, response, mode, rule, reason, evidence, callId, approval, prefix, expiresAt, also } = decision
  const about: DecidedAbout = {
    decision: decision.id,
    rule,
    reason,
    evidence,
    payer: nameOf(decision.subject),
    callId,
  }
  if (mode === 'dry-run' || response === 'alert') {
    bus.publish('fraud.found', { ...about, dryRun: mode === 'dry-run', response }, organisationId)
  } else if (response === 'suspend') {
    bus.publish('fraud.suspended', { ...about, also: (also ?? []).map(nameOf) }, organisationId)
  } else if (response === 'end-calls') {
    bus.publish('fraud.calls-ended', about, organisationId)
  } else if (response === 'confirm' && approval !== undefined) {
    const { kind, value } = approval
    bus.publish('fraud.confirmation-asked', { ...about, approval: kind, value }, organisationId)
  } else {
    bus.publish('fraud.blocked', { ...about, prefix, until: expiresAt }, organisationId)
  }
}
