/** Toll-fraud control of the running system: plugged into calls, fed by events, and heard in the log. */
import { type ExtensionId, newId } from '../base/ids.ts'
import type { AdmissionControl } from '../call/admission.ts'
import type { CallService } from '../call/call-service.ts'
import type { Budgets } from '../fraud/budget/types.ts'
import { createFraudControl } from '../fraud/control/control.ts'
import type { Effects, FraudControl } from '../fraud/control/types.ts'
import { createHistory } from '../fraud/history/history.ts'
import { formatMicros } from '../fraud/rating/money.ts'
import type { Geography } from '../geography/geography.ts'
import type { FraudRepository } from '../fraud/repository.ts'
import type { PayerKey } from '../fraud/types.ts'
import type { Decision } from '../guard/types.ts'
import type { Core } from './core.ts'
import { createAdmission } from './fraud-admission.ts'
import { publishDecision } from './fraud-events.ts'
import { keepHeadroom } from './fraud-headroom.ts'
import { rememberCalls } from './fraud-memory.ts'
import { observeForFraud } from './fraud-observations.ts'
import type { FraudParts } from './fraud-parts.ts'

export interface RunningFraud {
  readonly control: FraudControl
  readonly admission: AdmissionControl
  /** Reads what happened before, then listens. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface RunningFraudOptions {
  readonly core: Core
  readonly parts: FraudParts
  readonly budgets: Budgets
  readonly repository: FraudRepository
  readonly geography: Geography
  /** Calls are made with the admission that this room gives. */
  calls(): Pick<CallService, 'endOutsideCallsOf'>
}

const ACTOR = { kind: 'system', name: 'fraud control' } as const

export function createRunningFraud(options: RunningFraudOptions): RunningFraud {
  const { core, parts, budgets, repository } = options
  const { bus, directory, clock, logger } = core
  const history = createHistory()
  const control = createFraudControl({
    directory,
    budgets,
    history,
    rules: parts.rules,
    decisions: parts.decisions,
    policyOf: parts.policyOf,
    tariffOf: parts.tariffOf,
    countryOfAddress: address => options.geography.countryOfAddress(address),
    effects: createEffects(options),
    newId: at => newId(at),
    nameOf: numberOf(core),
    onRuleError: (rule, error) => logger.error({ rule, detail: String(error) }, 'a rule of toll-fraud control failed'),
  })
  const admission = createAdmission({ control, clock, bus, numberOf: numberOf(core) })
  let stopObserving: (() => void) | undefined
  let stopPreparing: (() => void) | undefined
  return {
    control,
    admission: admission.admission,
    async start() {
      options.geography.load()
      await rememberCalls({ core, history, control, parts, repository })
      stopObserving = observeForFraud({ bus, directory, control })
      stopPreparing = keepHeadroom({
        clock,
        directory,
        leases: core.leases,
        policyOf: parts.policyOf,
        onError: error => logger.error({ detail: String(error) }, 'no budget was charged in advance'),
      })
      parts.live = {
        approve: (...approved) => control.approve(...approved),
        reserved: () => budgets.reserved,
      }
    },
    async stop() {
      stopObserving?.()
      stopPreparing?.()
      parts.live = undefined
      admission.stop()
      await budgets.stop()
    },
  }
}

/** What people call a payer. */
function numberOf({ directory }: Core): (payer: PayerKey) => string {
  return payer => directory.extension(payer as ExtensionId)?.number ?? payer
}

function createEffects({ core, parts, calls }: RunningFraudOptions): Effects {
  const { bus, directory, logger } = core
  const nameOf = numberOf(core)
  const told = new Set<string>()
  return {
    suspend(_, payer, decision) {
      const extension = directory.extension(payer as ExtensionId)
      // What is no extension is held by the decision itself.
      if (extension?.state !== 'active') return
      const notWritten = (detail: string): void =>
        logger.error({ extension: extension.number, detail }, 'a suspension was not written')
      directory
        .suspend(
          { organisationId: extension.organisationId, number: extension.number, reason: reasonOf(decision) },
          ACTOR,
        )
        .then(
          result => (result.ok ? undefined : notWritten(result.error.message)),
          (error: unknown) => notWritten(String(error)),
        )
    },
    endCalls: (_, payer) => calls().endOutsideCallsOf(payer),
    decided(decision) {
      publishDecision(bus, decision, nameOf)
      const kept = parts.decisions.get(decision.id)
      if (kept === undefined) return
      parts.saveDecision(kept).catch((error: unknown) => {
        logger.error({ decision: decision.id, detail: String(error) }, 'a decision was not written')
      })
    },
    capReached({ leg, rule, reason, refused }) {
      const { callId, payer, organisationId, e164: to, at } = leg
      // A thief who goes on dialling fills no log.
      const key = `${organisationId} ${payer} ${rule} ${refused} ${Math.floor(at / SAMPLE_MS)}`
      if (told.has(key)) return
      if (told.size >= MAXIMUM_TOLD) told.clear()
      told.add(key)
      bus.publish('fraud.cap-reached', { callId, payer: nameOf(payer), to, rule, reason, refused }, organisationId)
    },
    charged(leg, rate, { cost, durationMs }) {
      const { callId, payer, organisationId, e164: to } = leg
      const { currency } = parts.policyOf(organisationId)
      const seconds = Math.ceil(durationMs / 1_000)
      const spent = { cost: formatMicros(cost), currency, seconds, prefix: rate.prefix }
      const perMinute = formatMicros(rate.perMinute)
      bus.publish('fraud.charged', { callId, payer: nameOf(payer), to, ...spent, perMinute }, organisationId)
    },
  }
}

const SAMPLE_MS = 60_000
const MAXIMUM_TOLD = 10_000

/** As the directory keeps it, and as an administrator reads it when he wonders why. */
function reasonOf({ rule, reason, id }: Decision): string {
  return `${rule}: ${reason} (decision ${id})`
}
