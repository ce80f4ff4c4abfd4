/** The page of a user: their extension, phones, calls and what waits for their own yes. Nobody else's, whatever is asked. */
import { z } from 'zod'
import { OPERATION_SCHEMAS } from '../../operation-schemas.ts'
import type { OperationResult, Operations } from '../../operations.ts'
import { VIEW_SCHEMAS } from '../../views/index.ts'
import { type ApiResult, type ApiRoute, pageOf, plainRoute, type RouteInput } from '../route.ts'

const MAXIMUM_CALLS = 1_000
const PAGE = 100

/** What a user may change of their own calling; caller identity and how many calls at once are the administrator's. */
const OWN_SETTINGS = {
  doNotDisturb: true,
  forwardAlways: true,
  forwardBusy: true,
  forwardNoAnswer: true,
  forwardUnreachable: true,
  noAnswerSeconds: true,
  privacy: true,
} as const

const ownExtension = z.object({
  number: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended']),
  suspendedReason: z.string().nullable(),
  devices: z.int(),
  registered: z.int(),
  calling: VIEW_SCHEMAS.extensionCallingShow,
})

export const OWN_ROUTES: readonly ApiRoute[] = [
  plainRoute({
    method: 'GET',
    path: '/me/extension',
    summary: 'Your own extension, and how it calls',
    tag: 'Own page',
    access: 'own:read',
    response: ownExtension,
    handle: input => ofOwn(input, showExtension),
  }),
  plainRoute({
    method: 'PATCH',
    path: '/me/extension',
    summary: 'Do not disturb, forwarding: of your own extension',
    tag: 'Own page',
    access: 'own:write',
    body: OPERATION_SCHEMAS.extensionCallingChange.pick(OWN_SETTINGS),
    response: ownExtension,
    handle: input =>
      ofOwn(input, async (operations, extension) => {
        const changed = await operations.extensionCallingChange({ ...(input.body as object), extension })
        return changed.ok ? showExtension(operations, extension) : changed
      }),
  }),
  plainRoute({
    method: 'GET',
    path: '/me/devices',
    summary: 'Your own phones',
    tag: 'Own page',
    access: 'own:read',
    response: pageOf(VIEW_SCHEMAS.deviceList),
    handle: input => ofOwn(input, async (operations, extension) => all(await operations.deviceList({ extension }))),
  }),
  plainRoute({
    method: 'GET',
    path: '/me/calls',
    summary: 'Your own calls among the last of all',
    tag: 'Own page',
    access: 'own:read',
    response: pageOf(VIEW_SCHEMAS.callsPast),
    handle: input =>
      ofOwn(input, async (operations, extension) => {
        const past = await operations.callsPast({ limit: MAXIMUM_CALLS })
        if (!past.ok) return past
        const own = past.value.filter(call => call.legs.some(leg => leg.number === extension))
        return { ok: true, value: { items: own.slice(0, PAGE), next: null } }
      }),
  }),
  plainRoute({
    method: 'POST',
    path: '/me/calls/{id}/report',
    summary: 'Say that a call of yours was not in order: your administrators are told',
    tag: 'Own page',
    access: 'own:write',
    params: z.object({ id: OPERATION_SCHEMAS.callReport.shape.id }),
    body: OPERATION_SCHEMAS.callReport.pick({ reason: true }),
    response: VIEW_SCHEMAS.callReport,
    handle: input =>
      ofOwn(input, (operations, extension) => {
        const { reason } = input.body as { readonly reason: string }
        return operations.callReport({ id: input.params['id'] ?? '', extension, reason })
      }),
  }),
  plainRoute({
    method: 'GET',
    path: '/me/approvals',
    summary: 'Calls of yours that wait for a yes',
    tag: 'Own page',
    access: 'own:read',
    response: pageOf(VIEW_SCHEMAS.fraudApprovals),
    handle: input => ofOwn(input, async (operations, extension) => all(await ownApprovals(operations, extension))),
  }),
  plainRoute({
    method: 'POST',
    path: '/me/approvals/{id}/approve',
    summary: 'Say yes to a call of yours, with your second factor',
    tag: 'Own page',
    access: 'own:write',
    stepUp: true,
    params: z.object({ id: OPERATION_SCHEMAS.fraudApprove.shape.id }),
    body: OPERATION_SCHEMAS.fraudApprove.omit({ id: true }),
    response: VIEW_SCHEMAS.fraudApprove,
    handle: input =>
      ofOwn(input, async (operations, extension) => {
        const waiting = await ownApprovals(operations, extension)
        if (!waiting.ok) return waiting
        const { id = '' } = input.params
        // One of somebody else is answered like one that does not exist.
        if (!waiting.value.some(each => each.id === id)) {
          return { ok: false, error: { code: 'FRAUD_UNKNOWN', message: 'nothing of yours waits by that name' } }
        }
        const { seconds } = input.body as { readonly seconds: number }
        return operations.fraudApprove({ id, seconds })
      }),
  }),
]

function ofOwn(
  { caller, operations }: RouteInput,
  run: (operations: Operations, extension: string) => Promise<ApiResult>,
): Promise<ApiResult> {
  if (operations !== undefined && caller?.extension !== undefined) return run(operations, caller.extension)
  const message = 'no extension belongs to you: an administrator gives you one'
  return Promise.resolve({ ok: false, error: { code: 'API_UNKNOWN', message } })
}

async function showExtension(operations: Operations, extension: string): Promise<ApiResult> {
  const found = await operations.extensionList({ number: extension })
  if (!found.ok) return found
  const [view] = found.value
  if (view === undefined) return { ok: false, error: { code: 'API_UNKNOWN', message: 'your extension is gone' } }
  const calling = await operations.extensionCallingShow({ extension })
  return calling.ok ? { ok: true, value: { ...view, calling: calling.value } } : calling
}

async function ownApprovals(operations: Operations, extension: string) {
  const result = await operations.fraudApprovals()
  return result.ok ? { ...result, value: result.value.filter(each => each.payer === extension) } : result
}

function all(result: OperationResult<readonly unknown[]>): ApiResult {
  return result.ok ? { ok: true, value: { items: result.value, next: null } } : result
}
