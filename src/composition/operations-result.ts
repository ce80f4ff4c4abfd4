/** Outcomes of operations: values, refusals, and faults that become refusals. */
import type { OperationError, OperationResult } from '../api/operations.ts'
import type { Result } from '../base/result.ts'
import type { DirectoryRefusal } from '../directory/types.ts'

export function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

export function refused<T>(error: OperationError): OperationResult<T> {
  return { ok: false, error }
}

export function needsServer<T>(what: string): OperationResult<T> {
  const message = `${what} can be had only while the server runs; start it with: ringfence serve`
  return refused({ code: 'OPERATION_NEEDS_SERVER', message })
}

export function unknownExtension<T>(number: string): OperationResult<T> {
  const message = `there is no extension ${number}; ringfence extension list shows those that exist`
  return refused({ code: 'DIRECTORY_EXTENSION_UNKNOWN', message })
}

export async function attempt<T>(run: () => Promise<T>): Promise<OperationResult<T>> {
  try {
    return done(await run())
  } catch (error) {
    return refused(failure(error))
  }
}

/** What a change of the directory came to, `present`ed as the operator sees it. */
export async function change<A, B>(
  outcome: Promise<Result<A, DirectoryRefusal>>,
  present: (value: A) => B | Promise<B>,
): Promise<OperationResult<B>> {
  try {
    const result = await outcome
    return result.ok ? done(await present(result.value)) : refused(result.error)
  } catch (error) {
    return refused(failure(error))
  }
}

function failure(error: unknown): OperationError {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string }
  const unavailable = typeof code === 'string' && code.startsWith('STORE_')
  return { code: unavailable ? 'STORE_UNAVAILABLE' : 'OPERATION_FAILED', message: message ?? String(error) }
}
