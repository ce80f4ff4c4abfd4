/** Tells "the database is away" from "this statement is wrong": the first is waited out, the second is refused. */
import { codeOf } from './errors.ts'

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
