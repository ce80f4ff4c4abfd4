/** Errors as problem details (RFC 9457). */
import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { ApiErrorCode } from './errors.ts'
import type { ApiError } from './route.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export const problemSchema = z.object({
  type: z
    .literal('about:blank')
    .describe('`code` tells one error from another; a type of our own would name the product to strangers'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('docs/errors.md lists them'),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
})

export type Problem = z.infer<typeof problemSchema>

export const STATUS_OF: { readonly [C in ApiErrorCode]: number } = {
  API_UNAUTHENTICATED: 401,
  API_FORBIDDEN: 403,
  API_STEP_UP_NEEDED: 403,
  API_UNKNOWN: 404,
  API_METHOD: 405,
  API_INVALID: 400,
  API_TOO_LARGE: 413,
  API_MEDIA_TYPE: 415,
  API_CHANGED: 412,
  API_IDEMPOTENCY_KEY: 409,
  API_RATE_LIMITED: 429,
  API_HOST: 421,
  API_TIMEOUT: 503,
}

/** Of refusals by operations and by the identity service. */
export function statusOf({ code, status }: ApiError): number {
  if (status !== undefined) return status
  if (code in STATUS_OF) return STATUS_OF[code as ApiErrorCode]
  if (
    code === 'OPERATION_INVALID' ||
    code === 'QUERY_INVALID' ||
    code === 'PEOPLE_INVALID' ||
    code === 'PEOPLE_PASSWORD_WEAK'
  )
    return 400
  if (code === 'PEOPLE_WRONG_CREDENTIALS' || code === 'PEOPLE_EXPIRED' || code === 'PEOPLE_PROVIDER_WITHOUT_MFA')
    return 401
  if (code === 'PEOPLE_FORBIDDEN' || code === 'PEOPLE_STEP_UP_NEEDED') return 403
  if (code === 'PEOPLE_LOCKED') return 429
  if (['OPERATION_NEEDS_SERVER', 'STORE_UNAVAILABLE', 'PEOPLE_PROVIDER_UNAVAILABLE'].includes(code)) return 503
  if (code === 'OPERATION_FAILED') return 500
  if (code.endsWith('_UNKNOWN')) return 404
  return code.endsWith('_EXISTS') ? 409 : 422
}

export function problemOf(error: ApiError): Problem {
  const status = statusOf(error)
  const { code, message: detail, field } = error
  const errors = field === undefined ? {} : { errors: [{ field, message: detail }] }
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status, detail, code, ...errors }
}

/** Every finding, by its field. */
export function validationProblem(error: z.ZodError, where: string): Problem {
  const errors = error.issues.slice(0, 20).map(issue => ({
    field: issue.path.map(String).join('.') || where,
    message: issue.message,
  }))
  const [first] = errors
  const detail = first === undefined ? `the ${where} does not fit` : `${first.field}: ${first.message}`
  return { ...problemOf({ code: 'API_INVALID', message: detail }), errors }
}
