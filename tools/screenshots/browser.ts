/** Debian's Chromium that trusts this one server, with a passkey of its own, signed in as the first owner. */
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { eventually } from '../../test/support/places.ts'
import type { Ringfence } from '../../test/support/ringfence.ts'

export interface Browser {
  readonly context: BrowserContext
  readonly page: Page
  readonly origin: string
  close(): Promise<void>
}

export async function openBrowser(system: Ringfence): Promise<Browser> {
  const { port } = system.ready.https
  const profile = mkdtempSync(join(tmpdir(), 'screenshots-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    args: ['--no-sandbox', `--ignore-certificate-errors-spki-list=${await keyDigest(port)}`],
  })
  const page = context.pages()[0] ?? (await context.newPage())
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
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
    context,
    page,
    origin: `https://localhost:${port}`,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

/** Of the public key, as the option of Chromium wants it. */
async function keyDigest(port: number): Promise<string> {
  const raw = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().raw)
      socket.destroy()
    }).on('error', reject)
  })
  const key = new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

/** As the first owner does it: by the link that the start prints. */
export async function enrolOwner({ page, origin }: Browser, system: Ringfence): Promise<void> {
  const { url } = await eventually(() => system.json<{ url: string }>('people', 'link'), 20_000, 'the link')
  await page.goto(`${origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}
