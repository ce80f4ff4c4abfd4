/** Single sign-on: to the provider and back. The way back is a page of its own, because another site leads there. */
import { z } from 'zod'
import { callbackPath, OIDC_COOKIE, type OidcSignIn } from '../../../identity/oidc/types.ts'
import { cookieOf, sessionCookie } from '../cookie.ts'
import { BASE } from '../openapi.ts'
import { statusOf } from '../problem.ts'
import { type ApiResult, type ApiRoute, plainRoute, type RouteInput } from '../route.ts'

const TAG = 'Sign in'
const provider = z.string().max(32)
/** What providers add to their answer is theirs: it is read by who knows the protocol. */
const answered = z.looseObject({})

export function oidcRoutes(oidc: OidcSignIn): readonly ApiRoute[] {
  return [
    plainRoute({
      method: 'GET',
      path: '/auth/oidc',
      summary: 'Providers that people may sign in with',
      tag: TAG,
      access: 'public',
      response: z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })), next: z.null() }),
      handle: async () => ({ ok: true, value: { items: oidc.providers, next: null } }),
    }),
    plainRoute({
      method: 'POST',
      path: '/auth/oidc/begin',
      summary: 'Begin to sign in with a provider: the browser goes to `location`',
      tag: TAG,
      access: 'public',
      body: z.strictObject({ provider }),
      response: z.object({ location: z.string() }),
      handle: input => begin(oidc, input),
    }),
    plainRoute({
      method: 'GET',
      path: callbackPath('{provider}').slice(BASE.length),
      summary: 'Where a provider sends the browser back to: a page, not JSON',
      tag: TAG,
      access: 'public',
      params: z.object({ provider }),
      query: answered,
      handle: input => finish(oidc, input),
    }),
  ]
}

async function begin(oidc: OidcSignIn, { body, origin, reply }: RouteInput): Promise<ApiResult> {
  const begun = await oidc.begin((body as { readonly provider: string }).provider, origin)
  if (!begun.ok) return begun
  const { location, ceremony, lifetimeSeconds } = begun.value
  reply.header('set-cookie', ceremonyCookie(ceremony.reveal(), lifetimeSeconds))
  return { ok: true, value: { location } }
}

async function finish(oidc: OidcSignIn, { origin, reply, request }: RouteInput): Promise<ApiResult> {
  const ceremony = cookieOf(request.headers.cookie, OIDC_COOKIE) ?? ''
  const result = await oidc.finish({ ceremony, url: request.url }, origin)
  // Used or not: what began before is over.
  const over = ceremonyCookie('', 0)
  if (result.ok) {
    reply.header('set-cookie', [over, sessionCookie(result.value.token.reveal())])
    return page(reply, 200, '<meta http-equiv="refresh" content="0;url=/">', 'You are signed in.', 'Go on')
  }
  reply.header('set-cookie', over)
  if (result.error.retryAfter !== undefined) reply.header('retry-after', String(result.error.retryAfter))
  return page(reply, statusOf(result.error), '', result.error.message, 'Sign in another way')
}

/** Lax: it has to come back with a browser that another site sends. */
function ceremonyCookie(value: string, seconds: number): string {
  return `${OIDC_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${seconds}`
}

/**
 * A cookie with SameSite=Strict is not sent along a redirection that another site began; a page of ours that goes on by
 * itself begins anew, from here.
 */
function page(reply: RouteInput['reply'], status: number, head: string, text: string, link: string): ApiResult {
  const title = '<meta charset="utf-8"><title>Ringfence</title><meta name="viewport" content="width=device-width">'
  const body = `<p>${escaped(text)}</p><p><a href="/">${escaped(link)}</a></p>`
  reply.code(status).type('text/html; charset=utf-8')
  void reply.send(`<!doctype html><html lang="en"><head>${title}${head}</head><body>${body}</body></html>`)
  return { ok: true, value: undefined }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, each => `&#${each.charCodeAt(0)};`)
}
