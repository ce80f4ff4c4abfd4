/** What can be asked about exports of the log. Named and removed by the operator at the machine only: they say where everything that happens goes. */
import { z } from 'zod'
import {
  EXPORT_FORMS,
  EXPORT_KINDS,
  EXPORT_MASKS,
  type ExportForm,
  type ExportKind,
  type ExportMask,
} from '../export/types.ts'
import type { OperationResult } from './operations.ts'

export { EXPORT_FORMS, EXPORT_KINDS, EXPORT_MASKS, type ExportForm, type ExportKind, type ExportMask }

export interface ExportView {
  readonly id: string
  readonly name: string
  readonly kind: ExportKind
  /** Without path or query of an URL. */
  readonly destination: string
  readonly form: ExportForm
  readonly filter: string
  readonly masks: readonly ExportMask[]
  /** Domain; null: of the whole installation. */
  readonly organisation: string | null
  readonly weakened: readonly string[]
  readonly createdAt: number
  /** `stopped`: no server runs. */
  readonly state: 'sending' | 'failing' | 'stopped'
  /** The destination has everything up to here. */
  readonly position: number
  /** Events that wait; null where no server runs. */
  readonly behind: number | null
  /** Milliseconds that the oldest one waits. */
  readonly lagMs: number | null
  readonly delivered: number
  readonly refused: number
  readonly lost: number
  readonly lastSuccessAt: number | null
  readonly lastError: string | null
  readonly lastErrorAt: number | null
}

export interface ExportTestView {
  readonly name: string
  readonly destination: string
  readonly ok: boolean
  readonly detail: string
}

export interface NewExport {
  readonly name: string
  readonly kind: ExportKind
  readonly to: string
  readonly form?: ExportForm
  readonly filter?: string
  readonly masks?: readonly ExportMask[]
  readonly token?: string
  readonly caPem?: string
  readonly certificatePem?: string
  readonly keyPem?: string
  readonly serverName?: string
  readonly index?: string
  /** Octets, and how many files. */
  readonly fileSize?: number
  readonly fileCount?: number
  readonly allowInsecurePlaintext?: boolean
  /** `now` (default): what happens from now on; `start`: all that the log has. */
  readonly from?: 'now' | 'start'
  /** Id or domain; null: the whole installation (default). */
  readonly organisation?: string | null
}

export interface ExportOperations {
  exportAdd(input: NewExport): Promise<OperationResult<ExportView>>
  exportList(input: { readonly name?: string }): Promise<OperationResult<readonly ExportView[]>>
  exportTest(input: { readonly name: string }): Promise<OperationResult<ExportTestView>>
  exportRemove(input: { readonly name: string }): Promise<OperationResult<{ readonly name: string }>>
}

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'is no name: lower-case letters, digits, . _ - (at most 64)')
const pem = z.string().max(65_536)

export const EXPORT_SCHEMAS = {
  exportAdd: z.strictObject({
    name,
    kind: z.enum(EXPORT_KINDS, `is no kind of export: ${EXPORT_KINDS.join(', ')}`),
    to: z.string().min(1).max(2_048),
    form: z.enum(EXPORT_FORMS, `is no form: ${EXPORT_FORMS.join(', ')}`).exactOptional(),
    filter: z.string().max(4_096).exactOptional(),
    masks: z.array(z.enum(EXPORT_MASKS)).max(3).exactOptional(),
    token: z.string().min(1).max(4_096).exactOptional(),
    caPem: pem.exactOptional(),
    certificatePem: pem.exactOptional(),
    keyPem: pem.exactOptional(),
    serverName: z.string().max(253).exactOptional(),
    index: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,199}$/, 'is no name of an index')
      .exactOptional(),
    fileSize: z.int().min(65_536).max(10_737_418_240).exactOptional(),
    fileCount: z.int().min(0).max(1_000).exactOptional(),
    allowInsecurePlaintext: z.boolean().exactOptional(),
    from: z.enum(['now', 'start']).exactOptional(),
    organisation: z.string().max(256).nullable().exactOptional(),
  }),
  exportList: z.strictObject({ name: name.exactOptional() }),
  exportTest: z.strictObject({ name }),
  exportRemove: z.strictObject({ name }),
} as const satisfies Record<keyof ExportOperations, z.ZodType>
