/**
 * Single sign-on in a real browser: the button, the way to a provider on another site and back, and a session whose cookie
 * is SameSite=Strict although another site led here.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { callbackPath } from '../../src/identity/oidc/types.ts'
import { apiBrowser, SESSION_COOKIE } from '../support/api-browser.ts'
import { buildConsole } from '../support/chromium.ts'
import { CLIENT_ID, CLIENT_SECRET, startIdentityProvider } from '../support/identity-provider.ts'
import { requirePeers } from '../support/peers.ts'
import { freePort, temporaryFolder } from '../support/places.ts'
import { startRingfence } from '../support/ringfence.ts'

const ADA = { subject: 'ada-1', email: 'ada@example.com', verified: true, amr: ['pwd', 'otp'] } as const

/** The product with one provider, on another site than itself, and somebody who may use it. */
async function system(context: TestContext) {
  const folder = temporaryFolder('single-sign-on-browser')
  context.after(() => folder.remove())
  const port = await freePort()
  const base = `https://localhost:${port}`
  const provider = await startIdentityProvider({ redirectUri: base + callbackPath('work') })
  context.after(() => provider.close())
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder.path, name), content, { mode: 0o600 })
    return join(folder.path, name)
  }
  const configured = {
    id: 'work',
    name: 'Work',
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    clientSecretFile: file('secret', CLIENT_SECRET),
    domains: ['example.com'],
    caFile: file('ca.pem', provider.ca),
  }
  const config = file('settings.yaml', JSON.stringify({ identityProviders: [configured] }))
  const ringfence = await startRingfence({ arguments: ['--config', config, '--https-port', String(port)] })
  context.after(() => ringfence.stop())
  const invite = ['people', 'invite', ADA.email, '--name', 'Ada', '--role', 'auditor']
  const { url } = await ringfence.json<{ readonly url: string }>(...invite)
  await apiBrowser(ringfence).enrol(url)
  return { base, provider }
}

async function open(context: TestContext, url: string): Promise<Page> {
  buildConsole()
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu'],
  })
  context.after(() => browser.close())
  // Two servers, each with an authority that is minutes old.
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
  await page.goto(url)
  return page
}

test('to the provider and back: signed in, without anything of it in the address', {
  timeout: 120_000,
}, async context => {
  if (!requirePeers(context, 'chromium')) return
  const { base, provider } = await system(context)
  provider.account = ADA
  const page = await open(context, `${base}/sign-in`)
  await page.getByRole('button', { name: 'Sign in with Work' }).click()
  await page.waitForURL(`${base}/`)
  const answer = await page.evaluate(async () => {
    const response = await fetch('/api/v1/session')
    return { status: response.status, body: (await response.json()) as { person: { email: string }; method: string } }
  })
  assert.deepEqual([answer.status, answer.body.person.email, answer.body.method], [200, ADA.email, 'oidc'])
  const cookies = await page.context().cookies(base)
  assert.deepEqual(
    cookies.map(({ name, sameSite, secure, httpOnly }) => [name, sameSite, secure, httpOnly]),
    [[SESSION_COOKIE, 'Strict', true, true]],
    'what stood between the two requests is gone',
  )
  assert.ok(provider.asked.some(path => path.startsWith('/auth?')))
})

test('without a second factor there: said on a page, and nobody is signed in', { timeout: 120_000 }, async context => {
  if (!requirePeers(context, 'chromium')) return
  const { base, provider } = await system(context)
  provider.account = { ...ADA, amr: ['pwd'] }
  const page = await open(context, `${base}/sign-in`)
  await page.getByRole('button', { name: 'Sign in with Work' }).click()
  await page.getByText('Work did not say that a second factor was used').waitFor()
  assert.deepEqual(await page.context().cookies(base), [])
  await page.getByRole('link', { name: 'Sign in another way' }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
})
