/** The first call of a day waits for no database: some of the budget of every extension is charged in advance while a server runs. */
import type { Clock, Timer } from '../base/clock.ts'
import { organisationCaps, payerCap } from '../fraud/budget/caps.ts'
import type { Leases } from '../fraud/budget/leases.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import type { OrganisationId } from '../base/ids.ts'

export interface HeadroomOptions {
  readonly clock: Clock
  readonly directory: Pick<DirectoryService, 'organisations' | 'extensions' | 'callingOf'>
  readonly leases: Pick<Leases, 'prepare'>
  policyOf(organisationId: OrganisationId): FraudPolicy
  onError(error: unknown): void
}

/** What is prepared is kept for two minutes. */
const INTERVAL_MS = 60_000
/** Before midnight the next day is prepared. */
const AHEAD_MS = 90_000
/** Extensions at most, of all organisations. */
const MAXIMUM = 20_000

/** Returns the function that ends it. */
export function keepHeadroom(options: HeadroomOptions): () => void {
  const { clock, leases, onError } = options
  let timer: Timer | undefined
  let stopped = false
  const prepare = async (): Promise<void> => {
    try {
      await leases.prepare(capsOfAll(options))
    } catch (error) {
      onError(error)
    }
    if (!stopped) timer = clock.schedule(INTERVAL_MS, () => void prepare())
  }
  void prepare()
  return () => {
    stopped = true
    timer?.cancel()
  }
}

type Cap = Parameters<Leases['prepare']>[0][number]

function capsOfAll({ clock, directory, policyOf }: HeadroomOptions): readonly Cap[] {
  const caps = new Map<string, Cap>()
  let extensions = 0
  const add = ({ key, cap }: Cap): void =>
    void caps.set(`${key.organisationId} ${key.scope} ${key.period} ${key.subject}`, { key, cap })
  for (const { id } of directory.organisations()) {
    const policy = policyOf(id)
    const { timeZone } = directory.callingOf(id).schedule
    for (const at of [clock.now(), clock.now() + AHEAD_MS]) {
      for (const each of organisationCaps(policy, timeZone, at)) add(each)
      for (const { id: payer, number, state } of directory.extensions(id)) {
        if (state !== 'active' || ++extensions > MAXIMUM * 2) continue
        add(payerCap({ payer, extension: number }, policy, timeZone, at))
      }
    }
  }
  return [...caps.values()]
}
