/** A telephone provider that does not exist: takes every call over TLS, answers after a moment, and speaks a tone over SRTP. */
import type { Clock } from '../base/clock.ts'
import { createAuthority, issueServerCertificate } from '../keys/certificate-authority.ts'
import { createTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import type { TransactionUser } from '../sip/transaction/types.ts'
import { createTransportLayer } from '../sip/transport/transport-layer.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { PhoneEndpoint } from '../test-phone/endpoint.ts'
import { createPacer } from '../test-phone/pacer.ts'
import { createTestPhone } from '../test-phone/test-phone.ts'

export interface DemoProvider {
  readonly address: string
  readonly port: number
  /** Its authority, in PEM. */
  readonly certificateAuthority: string
  stop(): Promise<void>
}

const ADDRESS = '127.0.0.1'
const NAME = 'provider.demo.internal'
const TONE = 620
const RING_MS = 1_500

/** On a free port of this machine, and nowhere else. */
export async function startDemoProvider(clock: Clock): Promise<DemoProvider> {
  const authority = await createAuthority(NAME, clock.now())
  const certificate = await issueServerCertificate(authority, [NAME, ADDRESS], clock.now())
  const transport = createTransportLayer({
    clock,
    listeners: [{ protocol: 'TLS', address: ADDRESS, port: 0 }],
    tls: {
      certificateChainPem: certificate.certificatePem,
      privateKeyPem: certificate.privateKeyPem,
    },
  })
  let phone: TransactionUser | undefined
  const user: TransactionUser = {
    onRequest: (request, transaction) => phone?.onRequest(request, transaction),
    onCancel: (invite, cancel) => phone?.onCancel(invite, cancel),
    onAck: (ack, flow) => phone?.onAck(ack, flow),
    onServerTransactionFailed: (transaction, reason) => phone?.onServerTransactionFailed(transaction, reason),
    onStrayResponse: (response, flow) => phone?.onStrayResponse(response, flow),
  }
  const transactions = createTransactionLayer({
    transport,
    clock,
    user,
    sentBy: (flow: Flow) => ({ host: flow.localAddress, port: flow.localPort }),
  })
  transport.setReceiver(transactions)
  await transport.start()
  const endpoint: PhoneEndpoint = {
    clock,
    pacer: createPacer(clock),
    transactions,
    connect: () => Promise.reject(new Error('the provider of the demo only takes calls')),
    attach(_name, taken) {
      phone = taken
      return () => {
        phone = undefined
      }
    },
    drop: () => undefined,
    onLost: () => undefined,
    async stop() {
      transactions.stop()
      await transport.stop()
    },
  }
  const answering = createTestPhone({
    username: 'provider',
    password: '',
    domain: NAME,
    userAgent: 'Demo provider',
    endpoint,
  })
  answering.onIncoming(call => {
    clock.schedule(RING_MS, () => {
      call.speak(TONE)
      call.answer().catch(() => undefined)
    })
  })
  const [listener] = transport.listeners
  return {
    address: ADDRESS,
    port: listener!.port,
    certificateAuthority: authority.certificatePem,
    async stop() {
      await answering.stop()
      await endpoint.stop()
    },
  }
}
