/** Exports of the log: the operator at the machine names and removes them, whoever sees the whole installation reads and tries them. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { ExportOperations, ExportView, NewExport } from '../api/export-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import { newId } from '../base/ids.ts'
import { randomToken } from '../base/random.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import { parseWebhookSecret } from '../base/standard-webhooks.ts'
import { destinationName, faultOf, weaknessesOf } from '../export/destination.ts'
import { type ExportService, MAXIMUM_EXPORTS } from '../export/export-service.ts'
import type { ExportRepository, StoredExport } from '../export/repository.ts'
import type { ExportForm, ExportKind, ExportSecrets, ExportSettings } from '../export/types.ts'
import { domainOf, notAtTheMachine, organisationOf } from './operations-people-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

export interface ExportParts {
  readonly repository: ExportRepository
  /** Undefined in a command that runs without a server. */
  readonly service: ExportService | undefined
}

const FORMS: { readonly [K in ExportKind]: ExportForm } = {
  syslog: 'plain',
  splunk: 'json',
  elastic: 'ecs',
  otlp: 'json',
  webhook: 'json',
  file: 'json',
}
/** Receivers that want a secret. */
const NEEDS_TOKEN: ReadonlySet<ExportKind> = new Set(['splunk', 'webhook'])

export function exportOperations(options: OperationsOptions): ExportOperations {
  const { exports: parts } = options
  const atTheMachine = options.actor.kind === 'operator'
  if (!atTheMachine && options.machine !== true) {
    return {
      exportAdd: notAtTheMachine,
      exportList: notAtTheMachine,
      exportTest: notAtTheMachine,
      exportRemove: notAtTheMachine,
    }
  }
  if (parts === undefined) {
    const away = async <T>(): Promise<OperationResult<T>> => needsServer('what concerns exports')
    return { exportAdd: away, exportList: away, exportTest: away, exportRemove: away }
  }
  const rest = others(options, parts)
  // Whoever names a destination reads everything, and reaches whatever the machine reaches.
  if (!atTheMachine) return { ...rest, exportAdd: notAtTheMachine, exportRemove: notAtTheMachine }
  return { exportAdd: input => attemptAdd(options, parts, input), ...rest }
}

function others(options: OperationsOptions, parts: ExportParts): Omit<ExportOperations, 'exportAdd'> {
  const { repository, service } = parts
  const { bus, actor } = options
  return {
    async exportList({ name }) {
      const listed = await attempt(() => repository.list())
      if (!listed.ok) return listed
      const found = listed.value.filter(each => name === undefined || each.destination.name === name)
      if (name !== undefined && found.length === 0) return unknown(name)
      return done(found.map(each => viewOf(options, parts, each)))
    },
    exportTest: ({ name }) =>
      named(repository, name, async ({ destination }) => {
        if (service === undefined) return needsServer('a test of an export')
        const result = await service.test(destination, actor)
        const where = destinationName(destination.settings)
        const detail = result.ok ? '' : result.error
        bus.publish(
          'export.tested',
          { actor, export: name, destination: where, ok: result.ok, detail },
          destination.organisationId,
        )
        return done({ name, destination: where, ok: result.ok, detail })
      }),
    exportRemove: ({ name }) =>
      named(repository, name, async ({ destination }) => {
        const { id, settings, organisationId } = destination
        const removed = await attempt(() => repository.delete(id))
        if (!removed.ok) return removed
        bus.publish('export.removed', { actor, export: name, destination: destinationName(settings) }, organisationId)
        await service?.refresh().catch(() => undefined)
        return done({ name })
      }),
  }
}

async function attemptAdd(
  options: OperationsOptions,
  parts: ExportParts,
  input: NewExport,
): Promise<OperationResult<ExportView>> {
  const { clock, bus, actor, log } = options
  const settings = settingsOf(input)
  const fault = faultOf(settings)
  if (fault !== undefined) return refusal(fault)
  const secrets = secretsOf(input)
  if (!secrets.ok) return refusal(secrets.error)
  const where = organisationOf(options, input.organisation ?? null)
  if (!where.ok) return refused(where.error)
  const created = await attempt(async () => {
    if ((await parts.repository.list()).length >= MAXIMUM_EXPORTS) return 'full' as const
    const [newest] = input.from === 'start' ? [] : await log.query({ limit: 1 })
    const now = clock.now()
    const stored: StoredExport = {
      destination: {
        id: newId<'Export'>(now),
        name: input.name,
        organisationId: where.value?.id,
        settings,
        secrets: secrets.value,
        createdAt: now,
      },
      progress: {
        position: newest?.position ?? 0,
        delivered: 0,
        refused: 0,
        lost: 0,
        lastSuccessAt: undefined,
        lastError: undefined,
        lastErrorAt: undefined,
      },
    }
    return (await parts.repository.insert(stored)) ? stored : ('taken' as const)
  })
  if (!created.ok) return created
  if (created.value === 'full') return refusal(`there are ${MAXIMUM_EXPORTS} exports already`)
  if (created.value === 'taken') return refusal(`there is an export ${input.name} already`)
  const { filter, masks } = settings
  const told = { filter, masks, weakened: weaknessesOf(settings) }
  bus.publish(
    'export.added',
    { actor, export: input.name, destination: destinationName(settings), ...told },
    where.value?.id,
  )
  await parts.service?.refresh().catch(() => undefined)
  return done(viewOf(options, parts, created.value))
}

function settingsOf(input: NewExport): ExportSettings {
  const { kind, to, form = FORMS[kind], filter = '', masks = [], caPem, certificatePem, serverName, index } = input
  const { allowInsecurePlaintext = false, fileSize = 104_857_600, fileCount = 10 } = input
  const files = { fileSize, fileCount }
  return { kind, to, form, filter, masks, caPem, certificatePem, serverName, allowInsecurePlaintext, index, ...files }
}

/** A key without its certificate, or one that cannot be read, is said now, not at the first attempt. */
function secretsOf({ kind, token, certificatePem, keyPem, caPem }: NewExport): Result<ExportSecrets, string> {
  if (NEEDS_TOKEN.has(kind) && token === undefined) return fail(`a ${kind} wants a secret: --secret-file`)
  if ((certificatePem === undefined) !== (keyPem === undefined)) return fail('a certificate and its key go together')
  const pseudonyms = new Secret(randomToken(32))
  try {
    if (caPem !== undefined) void new X509Certificate(caPem)
    if (certificatePem !== undefined && keyPem !== undefined) {
      const matches = new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))
      if (!matches) return fail('the key is not that of the certificate')
    }
  } catch {
    return fail('a certificate or key is no PEM that can be read')
  }
  const key = keyPem === undefined ? undefined : new Secret(keyPem)
  if (token !== undefined && /[\0\r\n]/.test(token)) return fail('the secret has more than one line')
  if (kind !== 'webhook' || token === undefined) {
    return ok({ key, token: token === undefined ? undefined : new Secret(token), pseudonyms })
  }
  const secret = parseWebhookSecret(token)
  return secret.ok ? ok({ key, token: secret.value, pseudonyms }) : fail(`the secret ${secret.error}`)
}

function viewOf(
  options: OperationsOptions,
  { service }: ExportParts,
  { destination, progress: kept }: StoredExport,
): ExportView {
  const { id, name, organisationId, settings, createdAt } = destination
  const health = service?.healthOf(id)
  const progress = health?.progress ?? kept
  const { position, delivered, refused: notTaken, lost, lastSuccessAt, lastError, lastErrorAt } = progress
  return {
    id,
    name,
    kind: settings.kind,
    destination: destinationName(settings),
    form: settings.form,
    filter: settings.filter,
    masks: settings.masks,
    organisation: domainOf(options, organisationId),
    weakened: weaknessesOf(settings),
    createdAt,
    state: health?.state ?? 'stopped',
    position,
    behind: health?.behind ?? null,
    lagMs: health?.oldest === undefined ? null : Math.max(0, options.clock.now() - health.oldest),
    delivered,
    refused: notTaken,
    lost,
    lastSuccessAt: lastSuccessAt ?? null,
    lastError: lastError ?? null,
    lastErrorAt: lastErrorAt ?? null,
  }
}

async function named<T>(
  repository: ExportRepository,
  name: string,
  use: (stored: StoredExport) => Promise<OperationResult<T>>,
): Promise<OperationResult<T>> {
  const listed = await attempt(() => repository.list())
  if (!listed.ok) return listed
  const found = listed.value.find(({ destination }) => destination.name === name)
  return found === undefined ? unknown(name) : use(found)
}

function unknown<T>(name: string): OperationResult<T> {
  return refused({
    code: 'EXPORT_UNKNOWN',
    message: `there is no export ${name}; ringfence export list shows those that exist`,
  })
}

function refusal<T>(message: string): OperationResult<T> {
  return refused({ code: 'EXPORT_REFUSED', message })
}
