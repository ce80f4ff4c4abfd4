/** The frame of the console in a real browser: a connection that breaks, a session that ends, two people on one form, nobody at the desk, no mouse. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Request } from 'playwright-core'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../support/chromium.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const EMAIL = 'ada@example.com'
const LIMIT = { timeout: 90_000 }
const isThere = peerVersion('chromium') !== undefined

let system: Ringfence
let consoles: ConsoleBrowser
let owner: ConsoleVisitor

before(async () => {
  if (!isThere) return
  buildConsole()
  system = await startRingfence({ name: 'browser-frame' })
  consoles = await openConsole(system)
  owner = await consoles.visitor()
  const { page } = owner
  const { url } = await system.json<{ url: string }>('people', 'link')
  await page.goto(`${consoles.origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill(EMAIL)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
})

after(async () => {
  await consoles?.close()
  await system?.stop()
})

const address = () => owner.page.getByLabel('Address', { exact: true })
const formOfAddress = () => owner.page.locator('form').filter({ has: address() })

test('a lost connection is shown, heals by itself, and what was typed stays', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page, context } = owner
  await page.goto(`${consoles.origin}/settings`)
  await address().fill('Main street 1')
  await context.setOffline(true)
  await formOfAddress().getByRole('button', { name: 'Save' }).click()
  const lost = page.getByText('The connection to the phone system is lost')
  await lost.waitFor()
  assert.equal(await address().inputValue(), 'Main street 1')
  await context.setOffline(false)
  await lost.waitFor({ state: 'hidden', timeout: 20_000 })
  assert.equal(await address().inputValue(), 'Main street 1')
  await formOfAddress().getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  const { emergencyLocationText } = accepted(await (await system.operations()).callingShow())
  assert.equal(emergencyLocationText, 'Main street 1')
})

test('two people on one form: the second is told, and nothing of the first is lost', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page } = owner
  const operations = await system.operations()
  await page.goto(`${consoles.origin}/settings`)
  await address().fill('Mine')
  accepted(await operations.callingChange({ emergencyLocationText: 'Theirs' }))
  await formOfAddress().getByRole('button', { name: 'Save' }).click()
  await page.getByText('Somebody else changed this while you typed.').waitFor()
  assert.equal(accepted(await operations.callingShow()).emergencyLocationText, 'Theirs')
  assert.equal(await address().inputValue(), 'Mine')
  await page.getByRole('button', { name: 'Show what it is now' }).click()
  assert.equal(await address().inputValue(), 'Theirs')
})

test('another part that somebody changed meanwhile is no conflict', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page } = owner
  await page.goto(`${consoles.origin}/settings`)
  await address().fill('Main street 2')
  await page.getByLabel('Prefix for outside').fill('0')
  await page
    .locator('form')
    .filter({ has: page.getByLabel('Prefix for outside') })
    .getByRole('button', { name: 'Save' })
    .click()
  await page.getByText('Saved.').waitFor()
  const answered = page.waitForResponse(response => response.request().method() === 'PATCH')
  await formOfAddress().getByRole('button', { name: 'Save' }).click()
  assert.equal((await answered).status(), 200)
  const calling = accepted(await (await system.operations()).callingShow())
  assert.deepEqual([calling.emergencyLocationText, calling.outsidePrefix], ['Main street 2', '0'])
})

test('a session that ends brings the person back to where they were', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page } = owner
  await page.goto(`${consoles.origin}/people`)
  await page.getByRole('heading', { name: 'People', level: 1 }).waitFor()
  await system.json('people', 'revoke', EMAIL)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByText('Your session ended').waitFor()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/settings')
})

test('a page that nobody touches says so in what it asks, and a page that somebody uses does not', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page } = owner
  await page.clock.install()
  await page.goto(`${consoles.origin}/settings`)
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  const isPoll = (request: Request): boolean => request.url().endsWith('/api/v1/session')
  const unattended = page.waitForRequest(isPoll)
  await page.clock.fastForward(130_000)
  assert.equal((await unattended).headers()['ringfence-background'], '1')
  await page.mouse.click(5, 5)
  const attended = page.waitForRequest(request => request.url().endsWith('/api/v1/me/factors'))
  await page.getByRole('link', { name: 'My sign-in' }).click()
  assert.equal((await attended).headers()['ringfence-background'], undefined)
})

test('without a mouse: to the content, through the menu on a phone, and out of a dialog', LIMIT, async t => {
  if (!requirePeers(t, 'chromium')) return
  const { page } = owner
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${consoles.origin}/people`)
  await page.getByRole('heading', { name: 'People', level: 1 }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'To the content')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const menu = page.getByRole('navigation', { name: 'Pages' })
  await menu.waitFor()
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'hidden' })
  const invite = page.getByRole('button', { name: 'Invite somebody' })
  await invite.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Invite somebody' })
  await dialog.waitFor()
  for (let count = 0; count < 12; count += 1) await page.keyboard.press('Tab')
  assert.equal(
    await page.evaluate(
      'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
    ),
    true,
  )
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  assert.equal(await invite.evaluate(element => element === element.ownerDocument.activeElement), true)
})

test('nothing on the way was blocked by the policy, thrown, or asked of another host', async t => {
  if (!requirePeers(t, 'chromium')) return
  assert.deepEqual(owner.faults, [])
})
