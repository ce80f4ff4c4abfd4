/** Plugs the notifier in: who a watcher is, what calls tell, and by which address phones reach us. */
import { CALL_RULES } from '../call/errors.ts'
import { contactFor } from '../call/headers.ts'
import { identifyCaller, type IdentifyParts } from '../call/identify-caller.ts'
import type { Authenticator } from '../sip/auth/authenticator.ts'
import { createSubscriptionService, type SubscriptionService } from '../subscription/subscription-service.ts'
import type { DialogSource, MailboxSource } from '../subscription/types.ts'
import type { RunningTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import type { TransportLayer } from '../sip/transport/transport-layer.ts'
import type { Core } from './core.ts'
import { listeningPort } from './outside.ts'

export interface SubscriptionParts extends Omit<IdentifyParts, 'directory' | 'events'> {
  readonly transactions: RunningTransactionLayer
  readonly transport: TransportLayer
  readonly dialogs: DialogSource
  readonly authenticator: Authenticator
  readonly reachableAddress: string | undefined
}

/** Until there is a voicemail, nobody has a message. */
const NO_MAILBOXES: MailboxSource = {
  waitingFor: () => ({ newMessages: 0, oldMessages: 0 }),
  onMailboxChanged() {},
}

export function createSubscriptions(core: Core, parts: SubscriptionParts): SubscriptionService {
  const { clock, bus, directory, logger, configuration } = core
  const { transactions, transport, bindings, dialogs, authenticator, reachableAddress } = parts
  const { externalAddress } = configuration
  const who: IdentifyParts = { ...parts, directory, events: bus }
  return createSubscriptionService({
    clock,
    transactions,
    transport,
    directory,
    bindings,
    dialogs,
    mailboxes: NO_MAILBOXES,
    identify(request, flow, inDialog) {
      const identified = identifyCaller(request, flow, who, inDialog)
      if (identified.kind !== 'refused') return identified
      const fault = { status: CALL_RULES[identified.rule].status, toTag: authenticator.challengeTag(request) }
      return { kind: 'refused', fault }
    },
    strangerTag: request => authenticator.challengeTag(request),
    events: bus,
    logger,
    contactFor: (flow, secure) =>
      contactFor(flow, secure, { externalAddress, reachableAddress, portOf: each => listeningPort(transport, each) }),
  })
}
