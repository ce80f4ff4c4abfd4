/**
 * CPU time of one REGISTER with digest (challenge and answer) through parser, transaction layer and authenticator, without a network:
 *
 *   node bench/register-pair.ts [pairs]
 *
 * Prints microseconds for each part, and what share of the 120 microseconds (Kamailio's whole pair over UDP) it is.
 */
import { answerChallenge } from '../src/sip/auth/answer.ts'
import { createAuthenticator } from '../src/sip/auth/authenticator.ts'
import { type DigestAlgorithm, digestSecret } from '../src/sip/auth/digest.ts'
import { systemClock } from '../src/base/clock.ts'
import { randomBytes } from '../src/base/random.ts'
import { buildResponse } from '../src/sip/message/build.ts'
import { parseMessage } from '../src/sip/message/parse.ts'
import type { SipMessage, SipRequest } from '../src/sip/message/types.ts'
import { validateRequest } from '../src/sip/message/validate.ts'
import { createTransactionLayer } from '../src/sip/transaction/transaction-layer.ts'
import type { TransactionUser } from '../src/sip/transaction/types.ts'
import { fakeFlow } from '../src/sip/transport/fake-transport.ts'
import type { Transport, TransportProtocol } from '../src/sip/transport/types.ts'

const pairs = Number(process.argv[2] ?? 50_000)
const PEER_MICROSECONDS = 120
const realm = 'example.com'
const password = 'correct horse battery staple'

function registerText(i: number, cseq: number, authorization: string): string {
  const via = `Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK-${i}-${cseq}\r\n`
  const contact = `Contact: <sip:phone@192.0.2.10:5060>;expires=300;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000000000000>"\r\n`
  return (
    `REGISTER sip:${realm} SIP/2.0\r\n${via}Max-Forwards: 70\r\nFrom: <sip:u${i % 1000}@${realm}>;tag=t${i}\r\n` +
    `To: <sip:u${i % 1000}@${realm}>\r\nCall-ID: call-${i}@192.0.2.10\r\nCSeq: ${cseq} REGISTER\r\n${contact}${authorization}` +
    'User-Agent: bench/1.0\r\nExpires: 300\r\nContent-Length: 0\r\n\r\n'
  )
}

function measure(protocol: TransportProtocol, algorithm: DigestAlgorithm): void {
  let lastChallenge = ''
  let registered = 0
  const flow = fakeFlow(protocol)
  const transport: Transport = {
    send: () => true,
    connect: () => Promise.reject(new Error('no network')),
    resolve: async () => [],
    flow: () => undefined,
    flowToPort: same => same,
    onFlowClosed() {},
    keepAlive() {},
    close() {},
  }
  const secrets = { 'SHA-256': undefined, MD5: undefined } as Record<DigestAlgorithm, string | undefined>
  const accounts = new Map<string, { readonly secrets: typeof secrets }>()
  for (let i = 0; i < 1000; i++) {
    const secret = digestSecret(algorithm, `u${i}`, realm, password)
    accounts.set(`u${i}`, { secrets: { ...secrets, [algorithm]: secret } })
  }
  const authenticator = createAuthenticator({ clock: systemClock, nonceKey: randomBytes(32) })
  const user: TransactionUser = {
    onRequest(request, transaction) {
      const verified = authenticator.verify({
        credentials: request.headerValues('Authorization'),
        method: request.method,
        requestUri: request.requestUriText,
        realm,
        binding: transaction.flow.remoteAddress,
        lookup: name => accounts.get(name),
        algorithms: [algorithm],
      })
      if (verified.ok) {
        registered++
        const contact = request.header('Contact') ?? ''
        transaction.respond(
          buildResponse(request, 200, undefined, { toTag: 'server', headers: [['Contact', contact]] }),
        )
        return
      }
      const headers = authenticator.challenge(realm, transaction.flow.remoteAddress, [algorithm])
      lastChallenge = headers[0]![1]
      transaction.respond(buildResponse(request, 401, undefined, { toTag: 'server', headers }))
    },
    onCancel() {},
    onAck() {},
    onServerTransactionFailed() {},
    onStrayResponse() {},
  }
  const layer = createTransactionLayer({
    transport,
    clock: systemClock,
    user,
    sentBy: () => ({ host: '192.0.2.1', port: 5060 }),
  })

  let parsing = 0n
  let serving = 0n
  function take(bytes: Buffer): void {
    const start = process.hrtime.bigint()
    const parsed = parseMessage(bytes)
    if (!parsed.ok) throw parsed.error
    const message: SipMessage = parsed.value
    if (validateRequest(message as SipRequest) !== undefined) throw new Error('refused')
    const middle = process.hrtime.bigint()
    layer.onMessage(message, flow)
    serving += process.hrtime.bigint() - middle
    parsing += middle - start
  }
  function pair(i: number): void {
    take(Buffer.from(registerText(i, 1, ''), 'latin1'))
    const value = answerChallenge({
      challengeHeaders: [lastChallenge],
      username: `u${i % 1000}`,
      password,
      method: 'REGISTER',
      uri: `sip:${realm}`,
    })
    take(Buffer.from(registerText(i, 2, `Authorization: ${value}\r\n`), 'latin1'))
  }

  for (let i = 0; i < 10_000; i++) pair(i)
  parsing = 0n
  serving = 0n
  registered = 0
  for (let i = 10_000; i < 10_000 + pairs; i++) pair(i)
  if (registered !== pairs) throw new Error(`${registered} of ${pairs} registered`)
  const micro = (nanoseconds: bigint): number => Number(nanoseconds) / pairs / 1000
  const total = micro(parsing) + micro(serving)
  const share = ((total / PEER_MICROSECONDS) * 100).toFixed(0)
  console.log(
    `${protocol} ${algorithm.padEnd(7)}  parse+validate ${micro(parsing).toFixed(1)} us  transaction+auth+build+serialise ` +
      `${micro(serving).toFixed(1)} us  pair ${total.toFixed(1)} us (${share} % of ${PEER_MICROSECONDS} us)  kept ${layer.size}`,
  )
  layer.stop()
}

for (const protocol of ['UDP', 'TLS'] as const) {
  for (const algorithm of ['MD5', 'SHA-256'] as const) measure(protocol, algorithm)
}
