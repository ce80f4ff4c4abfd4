/** What every process needs, with or without a server: keys, store, events, directory. */
import { createEventBus, type EventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { readEnvironment } from '../config/environment.ts'
import type { Configuration } from '../config/schema.ts'
import { createDirectoryService, type DirectoryService } from '../directory/directory-service.ts'
import type { Budgets } from '../fraud/budget/types.ts'
import { createBudgets } from '../fraud/budget/budgets.ts'
import { createLeases, type Leases } from '../fraud/budget/leases.ts'
import { ALL_RULES } from '../fraud/rules/index.ts'
import { loadMasterKey, type MasterKey } from '../keys/master-key.ts'
import { createSealer } from '../keys/sealer.ts'
import { isEmergencyNumber } from '../routing/emergency.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/types.ts'
import { type FraudParts, openFraudParts } from './fraud-parts.ts'

export interface Core {
  readonly configuration: Configuration
  readonly clock: Clock
  readonly logger: Logger
  readonly masterKey: MasterKey
  readonly bus: EventBus
  readonly store: Store
  readonly directory: DirectoryService
  readonly budgets: Budgets
  readonly leases: Leases
  readonly fraud: FraudParts
  /** Closes the store. What was published before is durable. Idempotent. */
  close(): Promise<void>
}

export interface CoreOptions {
  readonly configuration: Configuration
  readonly clock: Clock
  readonly logger: Logger
}

/** Events published while the store is being opened; the rest is a fault of ours. */
const MAXIMUM_EARLY_EVENTS = 1_000

/** Throws KeysError and StoreError: both say what to do. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { configuration, clock, logger } = options
  const masterKey = loadMasterKey({
    dataDirectory: configuration.dataDirectory,
    environment: readEnvironment().masterKey,
  })
  const bus = createEventBus(clock, error => logger.error({ detail: String(error) }, 'a listener of events failed'))
  const early: RingfenceEvent[] = []
  const stopCollecting = bus.subscribe(event => {
    if (early.length < MAXIMUM_EARLY_EVENTS) early.push(event)
  })
  const store = await openStore({
    dataDirectory: configuration.dataDirectory,
    url: configuration.store.url,
    runAs: configuration.store.runAs,
    sealer: createSealer(masterKey.key),
    clock,
    logger,
    observer: {
      unavailable: detail => void bus.publish('store.unavailable', { detail }),
      recovered: report => void bus.publish('store.recovered', report),
    },
  })
  const append = (event: RingfenceEvent): void => {
    store.events.append(event).catch((error: unknown) => {
      logger.warn({ type: event.type, detail: (error as Error).message }, 'an event was not written')
    })
  }
  stopCollecting()
  for (const event of early) append(event)
  bus.subscribe(append)
  const directory = createDirectoryService({
    repository: store.directory,
    clock,
    events: bus,
    domain: configuration.domain,
    isEmergencyNumber,
    country: configuration.country,
    logger,
  })
  try {
    await directory.load()
    const { budgets, leases, fraud, stop } = await openFraud({ store, clock, logger, directory })
    return {
      configuration,
      clock,
      logger,
      masterKey,
      bus,
      store,
      directory,
      budgets,
      leases,
      fraud,
      async close() {
        await stop()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

type FraudOptions = Pick<Core, 'store' | 'clock' | 'logger' | 'directory'>

/** Milliseconds; what was not given back by then stays charged. */
const STOP_PATIENCE = 5_000

interface OpenedFraud extends Pick<Core, 'budgets' | 'leases' | 'fraud'> {
  /** Gives back what was charged in advance, as long as the store takes it. */
  stop(): Promise<void>
}

async function openFraud({ store, clock, logger, directory }: FraudOptions): Promise<OpenedFraud> {
  const onStoreError = (error: unknown): void => logger.error({ detail: String(error) }, 'a budget was not written')
  const leases = createLeases({ store: store.fraud.budgets, clock, available: () => store.available, onStoreError })
  const budgets = createBudgets({
    store: leases,
    nodeId: store.nodeId,
    clock,
    policyOf: organisationId => fraud.policyOf(organisationId),
    onStoreError,
    onForgotten: reservation => logger.error({ reservation }, 'a reservation that nobody closed made room for another'),
    onOverrun: (reservation, micros) =>
      logger.warn({ reservation, micros }, 'a call lasted longer than it had paid for'),
  })
  const fraud: FraudParts = await openFraudParts({
    repository: store.fraud,
    directory,
    clock,
    rules: ALL_RULES,
    budgets,
  })
  const stop = async (): Promise<void> => {
    const late = Promise.withResolvers<void>()
    const timer = clock.schedule(store.available ? STOP_PATIENCE : 0, late.resolve)
    await Promise.race([late.promise, budgets.stop().then(() => leases.stop())])
    timer.cancel()
  }
  return { budgets, leases, fraud, stop }
}
