/** The one way to the server: problem details become errors that forms understand, and what wants a fresh second factor asks for it. */

export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
}

export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ApiError'
    this.problem = problem
  }

  /** What is wrong with this field. */
  field(name: string): string | undefined {
    return this.problem.errors?.find(each => each.field === name)?.message
  }
}

export interface ChangeOptions {
  /** The entity tag of what was on the screen: when it is not that any more, nothing is changed (412). */
  readonly ifMatch?: string | undefined
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

const OFFLINE: Problem = {
  status: 0,
  code: 'OFFLINE',
  title: 'No connection',
  detail: 'The phone system cannot be reached. What you typed is still here: try again in a moment.',
}

const ATTENDED_MS = 60_000
const MAXIMUM_KEPT = 500
const tags = new Map<string, string>()
const unanswered = new Map<string, string>()
let touchedAt = Date.now()
let csrf: string | undefined
let organisation: string | undefined
let onSessionEnd: () => void = () => undefined
let onStepUp: () => Promise<boolean> = async () => false
let onReach: (reached: boolean) => void = () => undefined

export function configureClient(hooks: {
  readonly sessionEnd: () => void
  /** True: the second factor was given again. */
  readonly stepUp: () => Promise<boolean>
  readonly reach: (reached: boolean) => void
}): void {
  onSessionEnd = hooks.sessionEnd
  onStepUp = hooks.stepUp
  onReach = hooks.reach
}

/** Somebody is there: a key was pressed, a finger was put down. */
export function touched(): void {
  touchedAt = Date.now()
}

/** What belongs to one session, or to one organisation. */
export function forgetRead(): void {
  tags.clear()
  unanswered.clear()
}

export function setCsrf(token: string | undefined): void {
  csrf = token
}

/** Of an installation with several: which one the pages are about. */
export function setOrganisation(id: string | undefined): void {
  organisation = id
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>('GET', path, undefined, signal === undefined ? {} : { signal })
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, body)
export const put = <T>(path: string, body: unknown, options: ChangeOptions = {}): Promise<T> =>
  request<T>('PUT', path, body, options)
export const patch = <T>(path: string, body: unknown, options: ChangeOptions = {}): Promise<T> =>
  request<T>('PATCH', path, body, options)
export const remove = <T = void>(path: string, options: ChangeOptions = {}): Promise<T> =>
  request<T>('DELETE', path, undefined, options)

/** Of what was read there last. A form takes it when it begins, and sends it with its change. */
export function etagOf(path: string): string | undefined {
  return tags.get(path)
}

/** `/extensions/101` from parts that may hold anything. */
export function pathOf(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return strings.reduce(
    (text, piece, index) => text + piece + (index < parts.length ? encodeURIComponent(parts[index]!) : ''),
    '',
  )
}

interface RequestOptions extends ChangeOptions {
  readonly signal?: AbortSignal
}

async function request<T>(method: Method, path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
  const what = `${path}\n${JSON.stringify(body)}`
  try {
    return await attempt<T>(method, path, body, options, method === 'POST' ? keyOf(what) : undefined)
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== 'API_STEP_UP_NEEDED') throw error
    if (!(await onStepUp())) throw error
    return attempt<T>(method, path, body, options, method === 'POST' ? keyOf(what) : undefined)
  }
}

/** What was sent, and not answered because the connection broke, has the same key when it is sent again: it is done once. */
function keyOf(what: string): string {
  return unanswered.get(what) ?? crypto.randomUUID()
}

async function attempt<T>(
  method: Method,
  path: string,
  body: unknown,
  { signal, ifMatch }: RequestOptions,
  key: string | undefined,
): Promise<T> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = headersOf(method, body !== undefined, key, ifMatch)
  const what = `${path}\n${content.body}`
  let response: Response
  try {
    const abort = signal === undefined ? {} : { signal }
    response = await fetch(`/api/v1${path}`, { method, headers, credentials: 'same-origin', ...content, ...abort })
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    if (key !== undefined) keep(unanswered, what, key)
    onReach(false)
    throw new ApiError(OFFLINE)
  }
  onReach(true)
  unanswered.delete(what)
  const tag = response.headers.get('etag')
  if (method === 'GET' && tag !== null) keep(tags, path, tag)
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  const problem = await readProblem(response)
  if (problem.code === 'API_UNAUTHENTICATED' && !path.startsWith('/auth/')) onSessionEnd()
  throw new ApiError(problem)
}

function headersOf(method: Method, hasBody: boolean, key: string | undefined, ifMatch: string | undefined) {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET' && csrf !== undefined) headers['x-csrf-token'] = csrf
  if (organisation !== undefined) headers['ringfence-organisation'] = organisation
  if (hasBody) headers['content-type'] = 'application/json'
  if (key !== undefined) headers['idempotency-key'] = key
  if (ifMatch !== undefined) headers['if-match'] = ifMatch
  // A page that reads again by itself must not keep the session of somebody who went away.
  if (method === 'GET' && Date.now() - touchedAt > ATTENDED_MS) headers['ringfence-background'] = '1'
  return headers
}

function keep(map: Map<string, string>, name: string, value: string): void {
  map.delete(name)
  map.set(name, value)
  if (map.size > MAXIMUM_KEPT) map.delete(map.keys().next().value!)
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem
  } catch {
    const title = 'The phone system answered something strange'
    return { status: response.status, code: 'STRANGE', title, detail: `${title} (${response.status}).` }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
