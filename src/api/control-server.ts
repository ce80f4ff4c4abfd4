/** The control socket: every operation as `POST /operations/NAME`, for the owner of the data folder only. */
import { chmodSync, rmSync } from 'node:fs'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Logger } from '../base/logger.ts'
import { controlServerAnswers } from './control-client.ts'
import { prepareControlSocket, removeControlPointer } from './control-path.ts'
import { ControlError } from './errors.ts'
import { OPERATION_NAMES, OPERATION_SCHEMAS, type OperationName, refusalOf } from './operation-schemas.ts'
import type { OperationError, OperationResult, Operations } from './operations.ts'

export interface ControlServerOptions {
  readonly operations: Operations
  readonly dataDirectory: string
  readonly logger: Logger
}

export interface ControlServer {
  /** Path of the socket. Throws ControlError. */
  start(): Promise<string>
  /** Idempotent. Waiting requests are cut. */
  stop(): Promise<void>
}

const BODY_BYTES = 65_536
/** 100,000 devices of about 300 bytes. */
const IMPORT_BODY_BYTES = 32 * 1_048_576
/** 5,000 rates, each with a name of 128 characters that take four bytes. */
const DECK_PART_BYTES = 4 * 1_048_576
const BODY_LIMITS: Partial<Readonly<Record<OperationName, number>>> = {
  deviceImport: IMPORT_BODY_BYTES,
  deckAppend: DECK_PART_BYTES,
  fraudPolicyChange: DECK_PART_BYTES,
  // A message in base64.
  firewallTry: DECK_PART_BYTES,
}

export function createControlServer(options: ControlServerOptions): ControlServer {
  let running: { readonly app: FastifyInstance; readonly path: string } | undefined
  return {
    async start() {
      if (await controlServerAnswers(options.dataDirectory)) {
        const text = `a server runs on ${options.dataDirectory} already; stop it first, or name another folder with --data`
        throw new ControlError('CONTROL_IN_USE', text)
      }
      const path = prepareControlSocket(options.dataDirectory)
      // After a crash the socket's file is still there, and nobody behind it.
      rmSync(path, { force: true })
      const app = createApplication(options)
      await app.listen({ path })
      chmodSync(path, 0o600)
      running = { app, path }
      return path
    },
    async stop() {
      if (running === undefined) return
      const { app, path } = running
      running = undefined
      await app.close()
      rmSync(path, { force: true })
      removeControlPointer(options.dataDirectory)
    },
  }
}

function createApplication({ operations, logger }: ControlServerOptions): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: BODY_BYTES, requestTimeout: 60_000 })
  app.setValidatorCompiler<z.ZodType>(({ schema }) => data => {
    const parsed = schema.safeParse(data)
    return parsed.success ? { value: parsed.data } : { error: parsed.error }
  })
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, logger))
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, { code: 'OPERATION_INVALID', message: 'no such operation' }),
  )
  app.get('/', () => ({ service: 'ringfence-control' }))
  for (const name of OPERATION_NAMES) {
    app.route({
      method: 'POST',
      url: `/operations/${name}`,
      schema: { body: OPERATION_SCHEMAS[name] },
      bodyLimit: BODY_LIMITS[name] ?? BODY_BYTES,
      handler: (request, reply) => perform(operations, name, request, reply, logger),
    })
  }
  return app
}

async function perform(
  operations: Operations,
  name: OperationName,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): Promise<unknown> {
  // The schema of this name has checked the body: the input is the one that this operation takes.
  const operation = operations[name] as (input: unknown) => Promise<OperationResult<unknown>>
  try {
    const result = await operation.call(operations, request.body)
    return result.ok ? result : refuse(reply, result.error)
  } catch (error) {
    logger.error({ operation: name, detail: (error as Error).message }, 'an operation failed')
    return refuse(reply, { code: 'OPERATION_FAILED', message: (error as Error).message })
  }
}

function answerError(error: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const { statusCode, message, issues } = error as { statusCode?: number; message: string; issues?: unknown }
  if (Array.isArray(issues)) return refuse(reply, refusalOf(error as z.ZodError))
  if (statusCode !== undefined && statusCode < 500) {
    return refuse(reply, { code: 'OPERATION_INVALID', message }, statusCode)
  }
  logger.error({ detail: message }, 'the control socket failed')
  return refuse(reply, { code: 'OPERATION_FAILED', message })
}

function refuse(reply: FastifyReply, error: OperationError, status = statusOf(error.code)): FastifyReply {
  return reply.code(status).send({ ok: false, error } satisfies OperationResult<never>)
}

function statusOf(code: OperationError['code']): number {
  if (code === 'OPERATION_INVALID') return 400
  if (code === 'OPERATION_NEEDS_SERVER' || code === 'STORE_UNAVAILABLE') return 503
  if (code === 'OPERATION_FAILED') return 500
  if (code.endsWith('_UNKNOWN')) return 404
  return code.endsWith('_EXISTS') ? 409 : 422
}
