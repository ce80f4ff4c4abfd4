/** Who may come in, asked in this order before a body is read: the name asked for, the network, how often, who, what they may, and how fresh their second factor is. */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { BoundedMap } from '../../base/bounded.ts'
import { inAnyNetwork, type Network, sourceKey } from '../../base/network.ts'
import type { EventPublisher } from '../../events/bus.ts'
import { isForeign } from './authenticator.ts'
import { createRateLimit } from './rate-limit.ts'
import { addressOf, credentialsOf, hostNameOf } from './request-facts.ts'
import type { ApiError, ApiRoute } from './route.ts'
import type { Authenticator, Caller } from './types.ts'

/** Requests per second, and at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface Limits {
  /** Of one session. */
  readonly session: Rate
  readonly key: Rate
  /** Of one address, without or with wrong credentials; at public paths too. */
  readonly address: Rate
}

export const STANDARD_LIMITS: Limits = {
  session: { perSecond: 100, burst: 400 },
  key: { perSecond: 1_000, burst: 4_000 },
  address: { perSecond: 10, burst: 100 },
}

export interface GuardOptions {
  readonly authenticator: Authenticator
  readonly events: EventPublisher
  readonly now: () => number
  readonly isOwnHost: (host: string) => boolean
  readonly networks: readonly Network[]
  readonly limits?: Limits
}

export type Admission =
  | { readonly ok: true; readonly caller: Caller | undefined }
  | { readonly ok: false; readonly error: ApiError }

export interface Guards {
  /** Of everybody, before anything is looked at. */
  outside(request: FastifyRequest): ApiError | undefined
  /** Who asks, where the route wants to know. */
  inside(route: ApiRoute, request: FastifyRequest): Promise<Admission>
  /** The same once more, later; counts for no limit and tells nobody. */
  again(route: ApiRoute, request: FastifyRequest): Promise<boolean>
  /** At paths that do not exist, and at the public document. */
  stranger(request: FastifyRequest): ApiError | undefined
}

const REMEMBERED = 10_000
const KNOWN_MS = 15 * 60_000
const UNTOLD = /^(GET|HEAD)$/
/** Events of what somebody may not do: the log is not theirs to fill. */
const TOLD: Rate = { perSecond: 0.1, burst: 10 }

export function createGuards(options: GuardOptions): Guards {
  const { authenticator, now, isOwnHost, networks, limits = STANDARD_LIMITS } = options
  const strangers = createRateLimit(limits.address.perSecond, limits.address.burst)
  const sessions = createRateLimit(limits.session.perSecond, limits.session.burst)
  const keys = createRateLimit(limits.key.perSecond, limits.key.burst)
  const known = createKnown(now)
  const told = createRateLimit(TOLD.perSecond, TOLD.burst)
  const stranger = (request: FastifyRequest): ApiError | undefined => limited(strangers.take(sourceOf(request), now()))
  return {
    stranger,
    outside(request) {
      const { host } = request.headers
      if (host === undefined || !isOwnHost(hostNameOf(host))) return unknownHost()
      if (networks.length > 0 && !inAnyNetwork(addressOf(request), networks)) return closedNetwork()
      return undefined
    },
    async again(route, request) {
      if (route.access === 'public') return true
      const result = await authenticator.authenticate(credentialsOf(request, true))
      return result.ok && refusalOf(route, result.caller) === undefined
    },
    async inside(route, request) {
      if (route.access === 'public') return admitted(stranger(request) ?? foreign(route, request), undefined)
      // Whoever was let in a moment ago does not wait because of a neighbour behind the same address who guesses.
      const asked = credentialsOf(request, route.background === true)
      const isKnown = known.has(asked.authorization ?? asked.cookie)
      const wait = isKnown ? 0 : strangers.wait(sourceOf(request), now())
      if (wait > 0) return { ok: false, error: limited(wait)! }
      const result = await authenticator.authenticate(asked)
      if (!result.ok) {
        if (result.status === 401) strangers.take(sourceOf(request), now())
        return { ok: false, error: result }
      }
      known.add(asked.authorization ?? asked.cookie)
      const { caller } = result
      const tooOften = limited((caller.session === undefined ? keys : sessions).take(caller.limitedBy, now()))
      if (tooOften !== undefined) return { ok: false, error: tooOften }
      const refused = refusalOf(route, caller)
      const isTold = refused?.code === 'API_FORBIDDEN' && !UNTOLD.test(route.method)
      if (isTold && told.take(caller.limitedBy, now()) === 0) {
        const payload = { actor: caller.actor, what: `${route.method} ${route.path}` }
        options.events.publish('people.forbidden', payload, caller.organisationId)
      }
      return admitted(refused, caller)
    },
  }
}

function admitted(error: ApiError | undefined, caller: Caller | undefined): Admission {
  return error === undefined ? { ok: true, caller } : { ok: false, error }
}

/** A page of somebody else signs nobody in here: not as themselves either (login CSRF). */
function foreign({ method }: ApiRoute, request: FastifyRequest): ApiError | undefined {
  if (method === 'GET' || !isForeign(credentialsOf(request))) return undefined
  return { code: 'API_FORBIDDEN', message: 'a change comes from our own pages only' }
}

function sourceOf(request: FastifyRequest): string {
  return sourceKey(addressOf(request))
}

function refusalOf({ access, stepUp }: ApiRoute, caller: Caller): ApiError | undefined {
  if (access === 'session' && caller.session === undefined) {
    return { code: 'API_FORBIDDEN', message: 'this is for people who are signed in, not for keys' }
  }
  if (access !== 'session' && access !== 'public' && !caller.permissions.has(access)) {
    return { code: 'API_FORBIDDEN', message: `this needs ${access}, which your role or key does not have` }
  }
  if (!stepUp || caller.steppedUp) return undefined
  return { code: 'API_STEP_UP_NEEDED', message: 'give your second factor once more, then send this again' }
}

interface Known {
  has(credential: string | undefined): boolean
  add(credential: string | undefined): void
}

/** By their digest: the memory of the process has nothing to take that opens a door. */
function createKnown(now: () => number): Known {
  const until = new BoundedMap<string, number>(REMEMBERED)
  const digest = (credential: string): string => createHash('sha256').update(credential).digest('base64url')
  return {
    has: credential => credential !== undefined && (until.get(digest(credential)) ?? 0) > now(),
    add(credential) {
      if (credential !== undefined) until.set(digest(credential), now() + KNOWN_MS)
    },
  }
}

function limited(retryAfter: number): ApiError | undefined {
  if (retryAfter <= 0) return undefined
  return { code: 'API_RATE_LIMITED', message: `too many requests: try again in ${retryAfter} s`, retryAfter }
}

function unknownHost(): ApiError {
  const message = 'this machine is not known by that name: ask for one of the names of its certificate'
  return { code: 'API_HOST', message }
}

function closedNetwork(): ApiError {
  const message = 'the administration interface is not open to your network (administration.networks)'
  return { code: 'API_FORBIDDEN', message }
}
