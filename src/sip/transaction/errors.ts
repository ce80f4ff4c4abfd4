/** Why a request could not be carried. */
export type TransactionErrorCode = keyof typeof TRANSACTION_ERRORS

export const TRANSACTION_ERRORS = {
  TRANSACTION_NO_TARGET: 'there is no address to send the request to',
  TRANSACTION_UNREACHABLE: 'none of the targets took the request',
  TRANSACTION_FLOW_CLOSED: 'the connection ended before the final response',
  TRANSACTION_LIMIT: 'too many transactions',
  TRANSACTION_STOPPED: 'the transaction layer is not running',
} as const

export class TransactionError extends Error {
  readonly code: TransactionErrorCode

  constructor(code: TransactionErrorCode, cause?: unknown) {
    super(`${code}: ${TRANSACTION_ERRORS[code]}`, cause === undefined ? undefined : { cause })
    this.name = 'TransactionError'
    this.code = code
  }
}
