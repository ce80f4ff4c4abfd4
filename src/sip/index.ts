/**
 * `ringfence/sip`: the SIP stack by itself, bottom to top. `examples/answering-machine.ts` is a whole server on it.
 *
 *   transport = createTransportLayer({ listeners, tls, clock })           sockets, connections, framing, RFC 3263
 *   transactions = createTransactionLayer({ transport, clock, sentBy })   RFC 3261 §17, retransmissions, timers
 *   transactions.setUser(user)                                            what your program does with requests
 *   transport.setReceiver(transactions)
 *   await transport.start()
 *
 * Everything from the network arrives validated: typed accessors of a message do not throw. Texts in messages are byte
 * strings (one character for each octet); `decodeText` and `encodeText` turn them to Unicode and back.
 */

// Time and outcomes, as all of it takes and gives them.
export { type Clock, ManualClock, systemClock, type Timer } from '../base/clock.ts'
export { randomBytes, randomHex, randomToken } from '../base/random.ts'
export { fail, ok, type Result } from '../base/result.ts'

// Messages: parse, build, change, serialise.
export { buildRequest, buildResponse, defaultReason, type HeaderPair } from './message/build.ts'
export {
  prependHeader,
  withBody,
  withHeader,
  withoutHeader,
  withoutTopmostVia,
  withRequestUri,
  withTopmostVia,
} from './message/change.ts'
export { DEFAULT_LIMITS, SipParseError } from './message/error.ts'
export { formatNameAddress, nameAddress, parseNameAddress } from './message/name-address.ts'
export { parseMessage } from './message/parse.ts'
export { serialise } from './message/serialise.ts'
export { decodeText, encodeText, quoteString, safeForLog } from './message/text.ts'
export type {
  CSeq,
  HeaderField,
  MessageLimits,
  NameAddress,
  OpaqueUri,
  Parameters,
  SipMessage,
  SipRequest,
  SipResponse,
  SipUri,
  Uri,
  Via,
} from './message/types.ts'
export { formatUri, parseUri, sipUri, uriEquals } from './message/uri.ts'
export { type Refusal, validateRequest, validateResponse } from './message/validate.ts'
export { formatVia, parseVia } from './message/via.ts'

// Transport: where bytes come from and go to.
export { TransportError, type TransportErrorCode } from './transport/errors.ts'
export { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from './transport/limits.ts'
export type { ListenerOptions, TlsIdentity, TransportLayerOptions } from './transport/options.ts'
export { createTransportLayer, type TransportLayer } from './transport/transport-layer.ts'
export type {
  ClientCertificate,
  Flow,
  FlowCloseReason,
  InboundFilter,
  Listener,
  MessageReceiver,
  Target,
  TlsSession,
  Transport,
  TransportObserver,
  TransportProtocol,
} from './transport/types.ts'

// Transactions: requests and their responses.
export { TransactionError, type TransactionErrorCode } from './transaction/errors.ts'
export { detectLoop, loopKey, nextMaxForwards } from './transaction/loop-detection.ts'
export type { TimerValues } from './transaction/timers.ts'
export {
  createTransactionLayer,
  DEFAULT_TRANSACTION_LIMITS,
  type RunningTransactionLayer,
} from './transaction/transaction-layer.ts'
export type {
  ClientTransaction,
  ClientTransactionUser,
  ServerTransaction,
  TransactionLayer,
  TransactionLayerOptions,
  TransactionLimits,
  TransactionObserver,
  TransactionUser,
} from './transaction/types.ts'

// Digest authentication, both sides.
export * from './auth/index.ts'

// Dialogs, session timers, reliable provisional responses, transfer.
export * from './dialog/index.ts'
