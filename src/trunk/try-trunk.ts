/** Tries a trunk once, step by step, and says what was found: for `ringfence trunk test`. */
import type { Trunk } from '../directory/trunk.ts'
import type { Flow, ServerCertificate } from '../sip/transport/types.ts'
import { createWay } from './connect.ts'
import { createCredentials } from './credentials.ts'
import type { TrunkContext } from './options.ts'
import { probe } from './probe.ts'
import { uriHost } from './problem.ts'
import { createRegistrant } from './registration.ts'
import type { TrunkTest } from './types.ts'

const CONNECT_MS = 8_000
const DAY_MS = 86_400_000
/** A certificate that ends so soon is worth a word. */
const SOON_DAYS = 14
const SHOWN_NAMES = 8

interface Step {
  readonly step: string
  readonly ok: boolean
  readonly detail: string
}

/** Over a connection of its own, which is closed afterwards. Never rejects. */
export async function tryTrunk(context: TrunkContext, trunk: Trunk): Promise<TrunkTest> {
  const steps: Step[] = []
  const flow = await connectStep(context, trunk, steps)
  if (flow === undefined) return { ok: false, steps }
  tlsSteps(context, trunk, flow, steps)
  steps.push(trunk.register ? await registerStep(context, trunk, flow) : await optionsStep(context, trunk, flow))
  if (flow.reliable) context.transport.close(flow)
  return { ok: steps.every(({ ok }) => ok), steps }
}

async function connectStep(context: TrunkContext, trunk: Trunk, steps: Step[]): Promise<Flow | undefined> {
  const { clock, transport } = context
  const way = createWay(trunk, () => `${trunk.id} test ${clock.monotonic()}`, { clock, transport })
  const failures: Step[] = []
  const connected = await way.open(CONNECT_MS, (_target, error) => {
    failures.push({
      step: error.failure === 'certificate' ? 'certificate' : 'connected',
      ok: false,
      detail: error.message,
    })
  })
  if (way.addresses.length > 0) {
    const addresses = [...new Set(way.addresses)].join(', ')
    steps.push({ step: 'resolved', ok: true, detail: `${trunk.host} is ${addresses}` })
  }
  if (!connected.ok) {
    const step = way.addresses.length > 0 || connected.error.failure === 'insecure' ? 'connected' : 'resolved'
    steps.push(...(failures.length > 0 ? failures : [{ step, ok: false, detail: connected.error.message }]))
    return undefined
  }
  const { flow } = connected
  const remote = `${uriHost(flow.remoteAddress)}:${flow.remotePort}`
  const silent =
    failures.length === 0 ? '' : `; did not answer before: ${failures.map(({ detail }) => detail).join('; ')}`
  const detail = flow.reliable
    ? `${flow.protocol} to ${remote}${silent}`
    : `UDP to ${remote} from our port ${flow.localPort}: whether anybody is there, the next step says`
  steps.push({ step: 'connected', ok: true, detail })
  return flow
}

function tlsSteps(context: TrunkContext, trunk: Trunk, flow: Flow, steps: Step[]): void {
  const { tls } = flow
  if (tls === undefined) {
    const detail = 'not encrypted: whoever is on the way can listen and change it (allowInsecureSignalling)'
    steps.push({ step: 'tls', ok: true, detail })
    return
  }
  steps.push({ step: 'tls', ok: true, detail: `${tls.protocol}, ${tls.cipher}` })
  if (tls.serverCertificate !== undefined) steps.push(certificateStep(context, trunk, tls.serverCertificate))
}

function certificateStep(context: TrunkContext, trunk: Trunk, certificate: ServerCertificate): Step {
  const names = certificate.subjectAlternativeNames.slice(0, SHOWN_NAMES).join(', ')
  const wanted = trunk.certificateNames.length > 0 ? trunk.certificateNames.join(' or ') : trunk.host
  const days = Math.floor((certificate.notAfter - context.clock.now()) / DAY_MS)
  const until = new Date(certificate.notAfter).toISOString().slice(0, 10)
  const soon = days < SOON_DAYS ? `: only ${days} days left` : ''
  const authority = trunk.certificateAuthority === undefined ? '' : ', by an authority of the system or the trunk'
  const subject = certificate.subject.replaceAll('\n', ', ') || 'nobody'
  const detail = `${subject} (${names || 'no alternative names'}) names ${wanted}${authority}; valid until ${until}${soon}`
  return { step: 'certificate', ok: true, detail }
}

async function registerStep(context: TrunkContext, trunk: Trunk, flow: Flow): Promise<Step> {
  const registrant = createRegistrant(context, trunk, createCredentials(), 'test')
  const outcome = await registrant.register(flow, context.timing.expires)
  if (!outcome.ok) return { step: 'registered', ok: false, detail: outcome.error.message }
  await registrant.register(flow, 0)
  const routes = outcome.routes.length === 0 ? '' : `, by way of ${outcome.routes.join(', ')}`
  const account = `${trunk.username ?? ''}@${trunk.domain ?? trunk.host}`
  const detail = `${account} for ${outcome.expires} s, answered in ${outcome.roundTrip} ms${routes}`
  return { step: 'registered', ok: true, detail }
}

async function optionsStep(context: TrunkContext, trunk: Trunk, flow: Flow): Promise<Step> {
  const outcome = await probe(context, trunk, flow, createCredentials())
  if (!outcome.ok) return { step: 'answered', ok: false, detail: outcome.error.message }
  const words = outcome.status === 200 ? '' : ` with ${outcome.status}: it is there, though it does not say 200`
  return { step: 'answered', ok: true, detail: `OPTIONS in ${outcome.roundTrip} ms${words}` }
}
