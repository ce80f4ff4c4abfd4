/** The operations on toll fraud over a directory and a store in memory. */
import assert from 'node:assert/strict'
import type { OperationResult, Operations } from '../../src/api/operations.ts'
import { ManualClock } from '../../src/base/clock.ts'
import type { CallRecord } from '../../src/call/call-record.ts'
import { createDirectoryService, type DirectoryService } from '../../src/directory/directory-service.ts'
import { createFakeRepository } from '../../src/directory/fake-repository.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import { createFakeFraudRepository } from '../../src/fraud/fake-repository.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import type { Decision } from '../../src/guard/types.ts'
import { type FraudParts, openFraudParts } from '../../src/composition/fraud-parts.ts'
import { createOperations } from '../../src/composition/operations.ts'

const EMPTY = { list: async () => [], query: async () => [] }
export const MIDDAY = Date.UTC(2026, 10, 23, 11)

export function got<T>(result: OperationResult<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`)
  return result.value
}

export async function refusal(result: Promise<OperationResult<unknown>>): Promise<string> {
  const outcome = await result
  assert.ok(!outcome.ok)
  return `${outcome.error.code}: ${outcome.error.message}`
}

export interface System {
  readonly operations: Operations
  readonly directory: DirectoryService
  readonly fraud: FraudParts
  readonly clock: ManualClock
  readonly events: RingfenceEvent[]
  readonly repository: ReturnType<typeof createFakeFraudRepository>
  /** Calls of the past, in any order. */
  readonly records: CallRecord[]
  /** As after a restart: from what was kept. */
  again(): Promise<FraudParts>
  /** As a rule decides, of the extension 101. */
  decide(more?: Partial<Decision>): Decision
}

export async function system(): Promise<System> {
  const clock = new ManualClock(MIDDAY)
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const events: RingfenceEvent[] = []
  const directory = createDirectoryService({
    repository: createFakeRepository().repository,
    clock,
    events: bus,
    domain: 'pbx.example.de',
    country: 'DE',
  })
  await directory.load()
  const repository = createFakeFraudRepository()
  const records: CallRecord[] = []
  const budgets = createBudgets({ store: repository.budgets, nodeId: 'test', onStoreError: assert.fail })
  const again = (): Promise<FraudParts> => openFraudParts({ repository, directory, clock, rules: ALL_RULES, budgets })
  const fraud = await again()
  const operations = createOperations({
    directory,
    calls: { list: async (query: Query) => listed(records, query) } as never,
    log: EMPTY as never,
    search: undefined as never,
    bus,
    clock,
    actor: { kind: 'operator', name: 'test' },
    outboundProxy: '',
    ca: '',
    live: undefined,
    fraud,
  })
  for (const number of ['101', '102']) got(await operations.extensionAdd({ number, name: `Phone ${number}` }))
  bus.subscribe(event => void events.push(event))
  const { id: organisationId } = directory.primary
  const payer = directory.extensionByNumber(organisationId, '101')!.id
  let count = 0
  const decide = (more: Partial<Decision> = {}): Decision => {
    const decision: Decision = {
      id: `00000000-decision-${++count}`,
      rule: 'FRAUD_BURST',
      mode: 'on',
      at: clock.now(),
      organisationId,
      subject: payer,
      callId: 'call-1',
      response: 'suspend',
      reason: 'too many',
      evidence: { calls: '12' },
      expiresAt: undefined,
      ...more,
    }
    fraud.decisions.add(decision, decision.at)
    return decision
  }
  return { operations, directory, fraud, clock, events, repository, records, again, decide }
}

interface Query {
  readonly before?: number
  readonly limit: number
}

function listed(records: readonly CallRecord[], { before = Infinity, limit }: Query): readonly CallRecord[] {
  const older = records.filter(each => each.startedAt < before)
  return older.toSorted((a, b) => b.startedAt - a.startedAt).slice(0, limit)
}

export const typesOf = (events: readonly RingfenceEvent[]): readonly string[] => events.map(each => each.type)
