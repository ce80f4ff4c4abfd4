/** A real OpenID Provider (oidc-provider) on loopback over https, and a browser that signs in there without asking anybody. */
import { createServer, request } from 'node:https'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'

export interface ProviderAccount {
  readonly subject: string
  readonly email: string
  readonly verified: unknown
  readonly acr?: string
  readonly amr?: readonly string[]
}

export interface IdentityProviderOptions {
  /** The redirection that it takes, exactly. */
  readonly redirectUri: string
  /** Claims of the e-mail address in the ID token, not at the userinfo endpoint. */
  readonly emailInToken?: boolean
  readonly authentication?: 'client_secret_basic' | 'client_secret_post'
}

export interface IdentityProvider {
  readonly issuer: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** Whoever signs in from now on. */
  account: ProviderAccount
  /** Paths that were asked for, the latest last. */
  readonly asked: string[]
  /** Goes where a browser goes from there, until it would leave the provider: that address. */
  visit(location: string): Promise<URL>
  close(): void
}

export const CLIENT_ID = 'ringfence'
export const CLIENT_SECRET = 'only for this provider, and for this test'

/** What we use of the library, which has no types. */
interface Library {
  readonly proxy: boolean
  callback(): RequestListener
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<unknown>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>
  readonly Grant: new (of: {
    readonly clientId: string
    readonly accountId: string
  }) => { addOIDCScope(scope: string): void; save(): Promise<string> }
}

export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const now = Date.now()
  const authority = await createAuthority('identity provider', now)
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, ['127.0.0.1'], now)
  let handler: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (asked, response) =>
    handler(asked, response),
  )
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state: { account: ProviderAccount } = { account: { subject: 's', email: '', verified: false } }
  const library = await createLibrary(issuer, options, () => state.account)
  const asked: string[] = []
  const callback = library.callback()
  handler = (incoming, response) => {
    asked.push(incoming.url ?? '')
    if (incoming.url?.startsWith('/interaction/') !== true) return callback(incoming, response)
    void finishInteraction(library, state.account, incoming, response)
    return undefined
  }
  return {
    issuer,
    ca: authority.certificatePem,
    asked,
    get account() {
      return state.account
    },
    set account(next) {
      state.account = next
    },
    visit: location => visit(location, issuer, authority.certificatePem),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function createLibrary(
  issuer: string,
  { redirectUri, emailInToken = false, authentication = 'client_secret_basic' }: IdentityProviderOptions,
  account: () => ProviderAccount,
): Promise<Library> {
  const name: string = 'oidc-provider'
  const { default: Provider } = (await import(name)) as { default: new (issuer: string, options: unknown) => Library }
  const library: Library = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: authentication,
      },
    ],
    clientAuthMethods: [authentication],
    claims: { openid: ['sub', 'acr', 'amr'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: !emailInToken,
    cookies: { keys: ['a key of this test only'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    async loadExistingGrant({ oidc }: { oidc: { session: { accountId: string } } }) {
      const grant = new library.Grant({ clientId: CLIENT_ID, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: account().email, email_verified: account().verified }),
    }),
  })
  return library
}

async function finishInteraction(
  library: Library,
  { subject: accountId, acr, amr }: ProviderAccount,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await library.interactionDetails(incoming, response)
    await library.interactionFinished(incoming, response, { login: { accountId, acr, amr, remember: false } })
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}

const MOST_STEPS = 10

async function visit(location: string, issuer: string, ca: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(location)
  for (let step = 0; step < MOST_STEPS; step++) {
    if (url.origin !== issuer) return url
    const response = await get(url, cookies, ca)
    const { location: next } = response.headers
    for (const cookie of response.headers['set-cookie'] ?? []) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(key, value)
    }
    if (next === undefined) throw new Error(`the provider stays at ${url.pathname} with ${response.statusCode}`)
    url = new URL(next, url)
  }
  throw new Error('the provider sends us around in circles')
}

function get(url: URL, cookies: ReadonlyMap<string, string>, ca: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  request(
    url,
    { ca, agent: false, headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) } },
    response => {
      response.resume()
      resolve(response)
    },
  )
    .on('error', reject)
    .end()
  return promise
}
