/** How an answer leaves: its headers, problems, and faults that say nothing of the inside. */
import type { FastifyReply } from 'fastify'
import type { Logger } from '../../base/logger.ts'
import { type Problem, PROBLEM_TYPE, problemOf } from './problem.ts'
import type { ApiError } from './route.ts'

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter))
  if (error.code === 'API_UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="phones"')
  return sendProblem(reply, problemOf(error))
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}

/** What was thrown on the way: by the parser of bodies, by the store, or by a fault of ours. */
export function sendFault(error: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const { statusCode = 500, code = '', message } = error as { statusCode?: number; code?: unknown; message: string }
  const problem = problemOfFault(statusCode, String(code), message)
  if (problem.status >= 500) logger.error({ detail: message }, 'a request failed')
  return sendProblem(reply, problem)
}

function problemOfFault(statusCode: number, code: string, message: string): Problem {
  if (code.startsWith('STORE_')) {
    return problemOf({ code: 'STORE_UNAVAILABLE', message: 'the database is away at the moment' })
  }
  if (statusCode === 413) return problemOf({ code: 'API_TOO_LARGE', message: 'the body is too large' })
  if (statusCode === 415) return problemOf({ code: 'API_MEDIA_TYPE', message: 'send application/json' })
  if (statusCode < 500) return problemOf({ code: 'API_INVALID', message, status: 400 })
  return problemOf({ code: 'OPERATION_FAILED', message: 'a fault of ours: the log of the machine has the details' })
}
