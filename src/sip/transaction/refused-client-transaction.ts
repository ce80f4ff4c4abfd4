/** A request that the layer did not take: its user hears so as of any other failure, after `send` returned. */
import type { SipRequest } from '../message/types.ts'
import { TransactionError, type TransactionErrorCode } from './errors.ts'
import type { TransactionHost } from './host.ts'
import { newBranch } from './matching.ts'
import type { ClientTransaction, ClientTransactionUser } from './types.ts'

export class RefusedClientTransaction implements ClientTransaction {
  readonly id = newBranch()
  readonly request: SipRequest
  readonly flow = undefined
  #done = false

  constructor(
    host: Pick<TransactionHost, 'guard'>,
    request: SipRequest,
    user: ClientTransactionUser,
    code: TransactionErrorCode,
  ) {
    this.request = request
    queueMicrotask(() => host.guard(() => this.#tell(user, code)))
  }

  #tell(user: ClientTransactionUser, code: TransactionErrorCode): void {
    if (this.#done) return
    this.#done = true
    user.onTransportError(new TransactionError(code), this)
  }

  get done(): boolean {
    return this.#done
  }

  cancel(): void {}

  abandon(): void {
    this.#done = true
  }
}
