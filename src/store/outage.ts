/** Tells "the database is away" from "this statement is wrong": the first is waited out, the second is refused. */
import { codeOf, messageOf } from './errors.ts'

/**
 * SQLSTATE classes that say that the statement or its data is at fault: 0A not supported, 21 cardinality, 22 data,
 * 23 constraint, 42 syntax or privilege. Every other failure (connection, shutdown, disk full, a client's timeout) ends
 * by itself or by an operator's hand.
 */
const STATEMENT_CLASSES: ReadonlySet<string> = new Set(['0A', '21', '22', '23', '42'])

export function isOutage(error: unknown): boolean {
  const code = codeOf(error)
  return !(code.length === 5 && STATEMENT_CLASSES.has(code.slice(0, 2)))
}

/**
 * Whether `error` says only that there was too much to do: the server ended a statement at its time (57014), or all
 * connections were busy with others. pg-pool says the second in words alone.
 */
export function isTooLong(error: unknown): boolean {
  return codeOf(error) === '57014' || messageOf(error) === 'timeout exceeded when trying to connect'
}
