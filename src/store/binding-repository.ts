/** Bindings over a restart: the newest state of each is written, in groups. */
import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Binding, BindingRepository } from '../registrar/types.ts'
import { isUuid, jsonLines, tokenArray } from './columns.ts'
import type { Database } from './database.ts'
import { StoreError } from './errors.ts'
import type { GroupWriter } from './group-writer.ts'
import { createGroupWriter } from './group-writer.ts'

/** Changes that wait at most. */
const CAPACITY = 50_000
const GATHER = 5

interface Change {
  readonly key: string
  /** Undefined: removed. */
  readonly binding: Binding | undefined
}

export interface StoredBindingRepository extends BindingRepository {
  readonly writer: Pick<GroupWriter<Change>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
}

const WRITE = `
  WITH gone AS (DELETE FROM bindings WHERE id = ANY ($6::uuid[]))
  INSERT INTO bindings (id, organisation_id, extension_id, device_id, expires_at, binding)
  SELECT * FROM ROWS FROM (
    unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::uuid[]), unnest($5::bigint[]),
    string_to_table($7, E'\\n')
  ) AS item
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, binding = excluded.binding`

export function createBindingRepository(database: Database, clock: Clock): StoredBindingRepository {
  const writer = createGroupWriter<Change>({
    clock,
    capacity: CAPACITY,
    gather: GATHER,
    available: () => database.available,
    write: batch => writeChanges(database, batch),
  })
  const addAll = async (changes: readonly Change[]): Promise<void> => {
    let last: Promise<void> | undefined
    for (const change of changes) {
      const added = writer.add(change)
      // Items of one batch share a promise: each batch is waited for once.
      if (last !== undefined && last !== added) await last
      last = added
    }
    await last
  }
  return {
    writer,
    save: bindings =>
      bindings.every(isAcceptable) ? addAll(bindings.map(binding => ({ key: keyOf(binding), binding }))) : refuse(),
    remove: bindings => addAll(bindings.map(binding => ({ key: keyOf(binding), binding: undefined }))),
    async load(now) {
      await database.query({ text: 'DELETE FROM bindings WHERE expires_at <= $1', values: [Math.floor(now)] })
      const rows = await database.query({ text: 'SELECT binding FROM bindings' })
      return rows.map(row => JSON.parse(String(row['binding'])) as Binding)
    },
  }
}

function refuse(): Promise<void> {
  return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a binding without proper identifiers or expiry'))
}

function isAcceptable(binding: Binding): boolean {
  return (
    isUuid(binding.deviceId) &&
    isUuid(binding.extensionId) &&
    isUuid(binding.organisationId) &&
    Number.isFinite(binding.expiresAt)
  )
}

/** One UUID of device, contact and instance (with its reg-id, RFC 5626 §4.2): a contact may be long, a key may not. */
function keyOf(binding: Binding): string {
  const text = `${binding.deviceId}\n${binding.contact}\n${binding.instanceId ?? ''}\n${binding.regId ?? ''}`
  const hex = hash('sha256', text, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

async function writeChanges(database: Database, batch: readonly Change[]): Promise<void> {
  const newest = new Map<string, Binding | undefined>()
  for (const { key, binding } of batch) newest.set(key, binding)
  const keys: string[] = []
  const removed: string[] = []
  const saved: Binding[] = []
  for (const [key, binding] of newest) {
    if (binding === undefined) removed.push(key)
    else {
      keys.push(key)
      saved.push(binding)
    }
  }
  await database.query({
    name: 'write-bindings',
    text: WRITE,
    values: [
      tokenArray(keys),
      tokenArray(saved.map(binding => binding.organisationId)),
      tokenArray(saved.map(binding => binding.extensionId)),
      tokenArray(saved.map(binding => binding.deviceId)),
      tokenArray(saved.map(binding => Math.floor(binding.expiresAt))),
      tokenArray(removed),
      jsonLines(saved),
    ],
  })
}
