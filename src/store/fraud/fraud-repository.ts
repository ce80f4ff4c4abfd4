/** Policies, decks, decisions and approvals in tables; budget counters beside them. */
import type { Clock } from '../../base/clock.ts'
import type { FraudPolicy } from '../../fraud/policy.ts'
import type { FraudRepository, StoredApproval, StoredDeck, StoredDecision } from '../../fraud/repository.ts'
import { isUuid, jsonLines, tokenArray } from '../columns.ts'
import type { Database, Row } from '../database.ts'
import { StoreError } from '../errors.ts'
import type { GroupWriter } from '../group-writer.ts'
import { createGroupWriter } from '../group-writer.ts'
import { createStoredBudgets } from './budget-store.ts'
import { packRates, unpackRates } from './deck-codec.ts'

/** Decisions that wait at most. */
const CAPACITY = 50_000
const GATHER = 20

type Writer = Pick<GroupWriter<unknown>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>

export interface StoredFraudRepository extends FraudRepository {
  readonly writers: readonly Writer[]
}

const SAVE_POLICY = `
  INSERT INTO fraud_policies (organisation_id, document) VALUES ($1, $2)
  ON CONFLICT (organisation_id) DO UPDATE SET document = excluded.document`
const SAVE_DECK = `
  INSERT INTO fraud_decks (organisation_id, name, currency, imported_at, rates) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (organisation_id) DO UPDATE SET name = excluded.name, currency = excluded.currency,
    imported_at = excluded.imported_at, rates = excluded.rates`
const SAVE_DECISIONS = `
  INSERT INTO fraud_decisions (id, organisation_id, at, expires_at, undone_at, document)
  SELECT * FROM ROWS FROM (
    unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::bigint[]),
    string_to_table($6, E'\\n')
  ) AS item
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, undone_at = excluded.undone_at,
    document = excluded.document`
const SAVE_APPROVAL = `
  INSERT INTO fraud_approvals (id, organisation_id, expires_at, undone_at, document) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, undone_at = excluded.undone_at,
    document = excluded.document`
const LOAD_APPROVALS = `
  SELECT document FROM fraud_approvals WHERE expires_at > $1 AND undone_at IS NULL ORDER BY id`

export async function createFraudRepository(
  database: Database,
  clock: Clock,
  home: string,
): Promise<StoredFraudRepository> {
  const { writer: budgetWriter, ...budgets } = await createStoredBudgets(database, clock, home)
  const decisions = createGroupWriter<StoredDecision>({
    clock,
    capacity: CAPACITY,
    gather: GATHER,
    available: () => database.available,
    write: batch => writeDecisions(database, batch),
  })
  const write = async (text: string, values: readonly unknown[]): Promise<void> => {
    await database.query({ text, values })
  }
  const documents = (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    database.query({ text, values })
  return {
    writers: [budgetWriter, decisions],
    budgets,
    async loadPolicies() {
      const rows = await documents('SELECT document FROM fraud_policies ORDER BY organisation_id')
      return rows.map(row => parsed<FraudPolicy>(row))
    },
    savePolicy: policy => write(SAVE_POLICY, [policy.organisationId, JSON.stringify(policy)]),
    loadDecks: () => loadDecks(database),
    async saveDeck({ organisationId, name, currency, importedAt, rates }) {
      await write(SAVE_DECK, [organisationId, name, currency, Math.floor(importedAt), await packRates(rates)])
    },
    removeDeck: id => write('DELETE FROM fraud_decks WHERE organisation_id = $1', [id]),
    async loadDecisions(limit) {
      const text = 'SELECT document FROM fraud_decisions ORDER BY at DESC, id DESC LIMIT $1'
      return (await documents(text, [Math.floor(limit)])).map(row => decisionOf(row)).toReversed()
    },
    saveDecision: (decision, settled) =>
      isUuid(decision.id) && isUuid(decision.organisationId) ? decisions.add({ decision, settled }) : refuse(),
    async loadApprovals(at) {
      return (await documents(LOAD_APPROVALS, [Math.floor(at)])).map(row => {
        const approval = parsed<StoredApproval>(row)
        return { ...approval, payer: approval.payer, undoneAt: undefined }
      })
    },
    saveApproval(approval) {
      const { id, organisationId, until, undoneAt } = approval
      const undone = undoneAt === undefined ? null : Math.floor(undoneAt)
      return write(SAVE_APPROVAL, [id, organisationId, Math.floor(until), undone, JSON.stringify(approval)])
    },
  }
}

function refuse(): Promise<void> {
  return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a decision without proper identifiers'))
}

function parsed<T>(row: Row): T {
  return JSON.parse(String(row['document'])) as T
}

/** JSON leaves out what is undefined. */
function decisionOf(row: Row): StoredDecision {
  const { decision, settled } = parsed<StoredDecision>(row)
  const { callId, expiresAt } = decision
  return { decision: { ...decision, callId, expiresAt }, settled }
}

async function loadDecks(database: Database): Promise<readonly StoredDeck[]> {
  const rows = await database.query({ text: 'SELECT * FROM fraud_decks ORDER BY organisation_id' })
  const decks: StoredDeck[] = []
  for (const row of rows) {
    decks.push({
      organisationId: row['organisation_id'] as StoredDeck['organisationId'],
      name: String(row['name']),
      currency: String(row['currency']),
      importedAt: Number(row['imported_at']),
      rates: await unpackRates(row['rates'] as Buffer),
    })
  }
  return decks
}

async function writeDecisions(database: Database, batch: readonly StoredDecision[]): Promise<void> {
  const newest = new Map<string, StoredDecision>()
  for (const stored of batch) newest.set(stored.decision.id, stored)
  const rows = [...newest.values()]
  const whole = (time: number | undefined): number | undefined => time && Math.floor(time)
  await database.query({
    name: 'write-fraud-decisions',
    text: SAVE_DECISIONS,
    values: [
      tokenArray(rows.map(({ decision }) => decision.id)),
      tokenArray(rows.map(({ decision }) => decision.organisationId)),
      tokenArray(rows.map(({ decision }) => Math.floor(decision.at))),
      tokenArray(rows.map(({ decision }) => whole(decision.expiresAt))),
      tokenArray(rows.map(({ settled }) => whole(settled?.at))),
      jsonLines(rows),
    ],
  })
}
