/** What can go wrong with the store. Each message says what to do. */

export type StoreErrorCode =
  /** Another process uses the data folder. */
  | 'STORE_IN_USE'
  /** The database could not be started or reached at start. */
  | 'STORE_START_FAILED'
  /** The data was written by a newer release, or a migration was altered. */
  | 'STORE_SCHEMA_MISMATCH'
  /** The database is away at the moment. */
  | 'STORE_UNAVAILABLE'
  /** More writes wait than the queue holds. */
  | 'STORE_OVERLOADED'
  /** The database refused this one write: its data is at fault. */
  | 'STORE_WRITE_REFUSED'
  /** A question to the log took too long, or too many were asked at once. */
  | 'STORE_QUERY_TOO_LONG'
  /** The store was closed. */
  | 'STORE_CLOSED'

export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}

/** SQLSTATE or system error code, or the empty text. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
