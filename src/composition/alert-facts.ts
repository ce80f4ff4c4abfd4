/** What an alert says beside its event: who in words, what was spent today, what was stopped. */
import type { Facts } from '../alert/notice.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { OrganisationId } from '../base/ids.ts'
import { localDate } from '../fraud/budget/period.ts'
import { formatMicros } from '../fraud/rating/money.ts'
import type { Core } from './core.ts'
import { stoppedSince } from './fraud-stopped.ts'

/** The refusal that a decision leads to is in the log a moment after it. */
const REFUSALS_MS = 250

/** Rejects with the store's error. */
export function createAlertFacts(core: Core): (event: RingfenceEvent) => Promise<Facts> {
  const { directory, clock } = core
  return async event => {
    const organisationId = event.organisationId ?? directory.primary.id
    const payer = 'payer' in event.data ? event.data.payer : undefined
    const extension = directory.extensions(organisationId).find(each => each.number === payer)
    const who = extension === undefined ? (payer ?? 'the organisation') : `extension ${payer} (${extension.name})`
    if (payer === undefined) return { who, cost: undefined, prevented: undefined }
    await new Promise<void>(resolve => void clock.schedule(REFUSALS_MS, resolve))
    const [cost, prevented] = await Promise.all([
      costOf(core, organisationId, extension?.id ?? payer, extension?.number).catch(() => undefined),
      preventedOf(core, organisationId).catch(() => undefined),
    ])
    return { who, cost, prevented }
  }
}

async function costOf(
  { fraud, directory, clock }: Core,
  organisationId: OrganisationId,
  payer: string,
  extension: string | undefined,
): Promise<string> {
  const policy = fraud.policyOf(organisationId)
  const { timeZone } = directory.callingOf(organisationId).schedule
  const shown = await fraud.budgets.show(policy, timeZone, clock.now(), [{ payer, extension }])
  const of = (scope: string): string => {
    const line = shown.find(each => each.key.scope === scope)
    if (line === undefined) return `0 ${policy.currency}`
    return `${formatMicros(line.charged)} ${policy.currency} of at most ${formatMicros(line.cap)}`
  }
  return `today on this account ${of('payer-day')}, in the whole organisation ${of('organisation-day')}`
}

async function preventedOf(core: Core, organisationId: OrganisationId): Promise<string | undefined> {
  const { store, directory, clock, fraud } = core
  const { timeZone } = directory.callingOf(organisationId).schedule
  const options = { log: store.events, directory, clock }
  const { stopped, prevented } = await stoppedSince(options, fraud, localDate(clock.now(), timeZone), timeZone)
  if (stopped === 0) return undefined
  const calls = stopped === 1 ? '1 call was stopped today' : `${stopped} calls were stopped today`
  if (prevented === undefined) return calls
  const { currency } = fraud.policyOf(organisationId)
  return `${calls}; an hour of each would have cost ${formatMicros(prevented)} ${currency}`
}
