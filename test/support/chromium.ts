/** Debian's Chromium with the console of one running server: each person has their own profile, and a passkey in it. */
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { repositoryRoot } from './places.ts'
import type { Ringfence } from './ringfence.ts'

/** Debian's package. */
const EXECUTABLE = '/usr/bin/chromium'

export interface ConsoleBrowser {
  /** `https://localhost:PORT` */
  readonly origin: string
  /** Somebody who was never here, with an authenticator that has no passkey yet. */
  visitor(): Promise<ConsoleVisitor>
  close(): Promise<void>
}

export interface ConsoleVisitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Whether the person can show that it is them, by PIN or finger. */
  verified(isVerified: boolean): Promise<void>
  /** Passkeys that the authenticator has. */
  passkeys(): Promise<number>
  /** What the page did that it must not: blocked by its policy, thrown, or asked of others. */
  readonly faults: readonly string[]
  /** As the page asks it, with the session that it has. */
  ask(method: string, path: string, body?: unknown): Promise<Asked>
  close(): Promise<void>
}

export interface Asked {
  readonly status: number
  readonly text: string
}

export async function openConsole(system: Ringfence): Promise<ConsoleBrowser> {
  buildConsole()
  const { port } = system.ready.https
  const origin = `https://localhost:${port}`
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    chromiumSandbox: process.getuid?.() !== 0,
    // Pages with a certificate error have no passkeys. This one key is trusted, as if its authority were installed.
    args: ['--disable-gpu', `--ignore-certificate-errors-spki-list=${await keyDigest(port)}`],
  })
  return { origin, visitor: () => visitor(browser, origin), close: () => browser.close() }
}

async function visitor(browser: Browser, origin: string): Promise<ConsoleVisitor> {
  const context = await browser.newContext({ locale: 'en-GB' })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  page.on('console', message => {
    if (/Content Security Policy|Refused to/i.test(message.text())) faults.push(message.text())
  })
  page.on('request', request => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== origin) faults.push(`asked ${url.href}`)
  })
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    page,
    context,
    faults,
    async verified(isUserVerified) {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    async passkeys() {
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
      return credentials.length
    },
    ask: (method, path, body) => page.evaluate(asPage, { method, path, body }),
    close: () => context.close(),
  }
}

/** Runs in the page. */
async function asPage({ method, path, body }: { method: string; path: string; body: unknown }): Promise<Asked> {
  const session = (await (await fetch('/api/v1/session')).json()) as { csrf?: string }
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      ...(session.csrf === undefined ? {} : { 'x-csrf-token': session.csrf }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}

/** Of the public key, as the option of Chromium wants it. */
async function keyDigest(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().raw)
    socket.destroy()
  })
  socket.on('error', reject)
  const key = new X509Certificate(await promise).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

/** Where it is missing or older than its sources. The server reads it at its start. */
export function buildConsole(): void {
  const tool = join(repositoryRoot, 'tools', 'build-console.ts')
  const { status, stderr } = spawnSync(process.execPath, [tool], { cwd: repositoryRoot, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the console was not built:\n${stderr}`)
}
