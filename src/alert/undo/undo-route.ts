/** `/undo/TOKEN`: a GET asks, a POST does. Mail scanners follow links, so that a GET changes nothing. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { sourceKey } from '../../base/network.ts'
import type { KeptDecision } from '../../guard/enforce/decision-table.ts'
import type { UndoLinks } from './undo-links.ts'
import { askPage, donePage, failedPage, PAGE_POLICY, type UndoSubject } from './undo-page.ts'

export interface UndoRouteOptions {
  readonly clock: Clock
  readonly links: Pick<UndoLinks, 'find'>
  /** What else holds the same, and is taken back with it. */
  besides(decision: KeptDecision): readonly KeptDecision[]
  /** As people know who it is about. */
  nameOf(decision: KeptDecision): string
  /** False: it was taken back already. Told with where the request came from. */
  undo(decision: KeptDecision, source: string): Promise<boolean>
}

/** False: not ours, or a token that is not good; the server answers as for any other path that it does not know. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean

const PREFIX = '/undo/'
const WINDOW_MS = 60_000
/** Wrong tokens of one source a minute: beyond them none of its tokens is looked at. Nobody can close the link to others. */
const WRONG_PER_SOURCE = 10
const MAXIMUM_SOURCES = 10_000

export function createUndoRoute(options: UndoRouteOptions): Route {
  const { clock, links, besides, nameOf, undo } = options
  const wrong = createWrongCounter(clock)
  return (request, response) => {
    const { method = '', url = '' } = request
    if (!url.startsWith(PREFIX) || !['GET', 'HEAD', 'POST'].includes(method)) return false
    const source = request.socket.remoteAddress ?? ''
    if (wrong.tooMany(source)) return false
    const decision = links.find(url.slice(PREFIX.length), clock.now())
    if (decision === undefined) {
      wrong.count(source)
      return false
    }
    const subject = subjectOf(decision, nameOf(decision), besides(decision))
    if (method === 'POST') void answerPost(response, subject, () => undo(decision, source))
    else send(response, 200, method === 'HEAD' ? '' : askPage(subject))
    return true
  }
}

/** The link is dead from the moment that the decision is over: a second click finds nothing. */
async function answerPost(response: ServerResponse, subject: UndoSubject, undo: () => Promise<boolean>): Promise<void> {
  try {
    const done = await undo()
    send(response, done ? 200 : 409, done ? donePage(subject) : failedPage())
  } catch {
    send(response, 503, failedPage())
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'strict-transport-security': 'max-age=31536000',
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

function subjectOf(
  { response, prefix, reason, at, rule }: KeptDecision,
  who: string,
  others: readonly KeptDecision[],
): UndoSubject {
  return { who, response, prefix, reason, at, rule, besides: others.map(each => `${each.reason} (${each.rule})`) }
}

function createWrongCounter(clock: Clock): { tooMany(source: string): boolean; count(source: string): void } {
  const perSource = new BoundedMap<string, number>(MAXIMUM_SOURCES)
  let windowEnd = 0
  const turn = (): void => {
    if (clock.monotonic() < windowEnd) return
    perSource.clear()
    windowEnd = clock.monotonic() + WINDOW_MS
  }
  return {
    tooMany(source) {
      turn()
      return (perSource.get(sourceKey(source)) ?? 0) >= WRONG_PER_SOURCE
    },
    count(source) {
      perSource.set(sourceKey(source), (perSource.get(sourceKey(source)) ?? 0) + 1)
    },
  }
}
