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

export function setCsrf(token: string | undefined): void {
  csrf = token
}

/** Of an installation with several: which one the pages are about. */
export function setOrganisation(id: string | undefined): void {
  organisation = id
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, undefined, signal)
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, body)
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, body)
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', path, body)
export const remove = <T = void>(path: string): Promise<T> => request<T>('DELETE', path)

/** `/extensions/101` from parts that may hold anything. */
export function pathOf(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return strings.reduce(
    (text, piece, index) => text + piece + (index < parts.length ? encodeURIComponent(parts[index]!) : ''),
    '',
  )
}

async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  // Sent again after a step-up or a lost connection, a POST is still done once.
  const key = method === 'POST' ? crypto.randomUUID() : undefined
  try {
    return await attempt<T>(method, path, body, key, signal)
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== 'API_STEP_UP_NEEDED') throw error
    if (!(await onStepUp())) throw error
    return attempt<T>(method, path, body, method === 'POST' ? crypto.randomUUID() : undefined, signal)
  }
}

async function attempt<T>(
  method: Method,
  path: string,
  body: unknown,
  key: string | undefined,
  signal: AbortSignal | undefined,
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET' && csrf !== undefined) headers['x-csrf-token'] = csrf
  if (organisation !== undefined) headers['ringfence-organisation'] = organisation
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (key !== undefined) headers['idempotency-key'] = key
  let response: Response
  try {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...content,
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    onReach(false)
    throw new ApiError(OFFLINE)
  }
  onReach(true)
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  const problem = await readProblem(response)
  if (problem.code === 'API_UNAUTHENTICATED' && !path.startsWith('/auth/')) onSessionEnd()
  throw new ApiError(problem)
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
