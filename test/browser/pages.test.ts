/**
 * Every page of the console, of an office that is alive, is attacked and was stolen from: in both themes, on a desk and on
 * a phone. Which pages there are says the console itself: one that nobody looked at here does not exist.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import { systemClock } from '../../src/base/clock.ts'
import { type RunningDemo, startDemo } from '../../src/demo/demo.ts'
import { DEMO_DOMAIN } from '../../src/demo/office.ts'
import { seriousFaults } from '../support/axe.ts'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../support/chromium.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually, freePort, repositoryRoot } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const LIMIT = { timeout: 240_000 }
const isThere = peerVersion('chromium') !== undefined
const HOSTILE = '<img src=x onerror="window.hacked=1">'

const PAGES = [
  ...readFileSync(join(repositoryRoot, 'console/src/router.tsx'), 'utf8').matchAll(/\bpage\('([^']+)'/g),
].map(([, path = '']) => path)

let system: Ringfence
let operations: Operations
let demo: RunningDemo
let consoles: ConsoleBrowser
let owner: ConsoleVisitor
let stranger: ConsoleVisitor
/** What the parts of a path are that are not always the same. */
const names: Record<string, string> = {}

before(async () => {
  if (!isThere) return
  buildConsole()
  system = await startRingfence({ name: 'browser-pages', arguments: ['--domain', DEMO_DOMAIN] })
  operations = await system.operations()
  accepted(await operations.extensionAdd({ number: '199', name: HOSTILE }))
  accepted(
    await operations.firewallBan({ target: '198.51.100.7', minutes: 60, evenRegistered: false, reason: HOSTILE }),
  )
  demo = await startDemo({
    operations,
    sip: system.ready.sipTls,
    clock: systemClock,
    tell: () => undefined,
    theftAfterMs: 0,
  })
  consoles = await openConsole(system)
  owner = await consoles.visitor()
  stranger = await consoles.visitor()
  const { url } = await system.json<{ url: string }>('people', 'link')
  const { page } = owner
  page.setDefaultTimeout(15_000)
  await page.goto(`${consoles.origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  const past = async () => accepted(await operations.callsPast({ limit: 50 }))
  await eventually(
    async () => accepted(await operations.fraudStatus()).suspended.length === 1,
    60_000,
    'the thief is stopped',
  )
  await eventually(
    async () => (await past()).some(each => each.answeredAt !== undefined),
    60_000,
    'a call was answered',
  )
  names['id'] = (await past()).find(each => each.answeredAt !== undefined)!.id
  names['number'] = accepted(await operations.fraudStatus()).suspended[0]!
})

after(async () => {
  await stranger?.close()
  await owner?.close()
  await consoles?.close()
  await demo?.stop()
  await system?.stop()
})

async function look({ page }: ConsoleVisitor, path: string): Promise<void> {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 390],
    ['light', 390],
    ['dark', 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await page.goto(`${consoles.origin}${path}`)
    const where = `${path} ${colorScheme} ${width}`
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await eventually(async () => (await page.locator('.animate-spin').count()) === 0, 15_000, `${where} is there`)
    assert.deepEqual(await seriousFaults(page), [], where)
    assert.ok(
      ((await page.evaluate('document.documentElement.scrollWidth')) as number) <= width,
      `${where} is too wide`,
    )
    assert.equal(await page.evaluate('window.hacked'), undefined, where)
    assert.equal(await page.locator('main img[src="x"]').count(), 0, where)
  }
}

describe('each page', { skip: isThere ? false : 'peer missing: chromium (apt-get install chromium)' }, () => {
  test('is one of those that the console has', t => {
    if (!requirePeers(t, 'chromium')) return
    assert.ok(PAGES.length > 12)
  })

  for (const path of PAGES) {
    test(`${path}: nothing that axe finds serious, not too wide, what strangers wrote is text`, LIMIT, async () => {
      await look(
        owner,
        path.replace(/\$(\w+)/g, (_, name: string) => names[name] ?? assert.fail(`what is ${name}?`)),
      )
      assert.deepEqual(owner.faults, [])
    })
  }

  test('of a stranger, too: signing in, and a link that is over', LIMIT, async () => {
    await look(stranger, '/sign-in')
    await look(stranger, `/enrol#${'A'.repeat(43)}`)
    assert.deepEqual(stranger.faults, [])
  })

  test('says that nobody in the demo is real', LIMIT, async () => {
    await owner.page.goto(`${consoles.origin}/people`)
    await owner.page.getByText('An invented office').waitFor()
  })

  test('of alerts: the theft is open until somebody sees to it', LIMIT, async () => {
    const { page } = owner
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.goto(`${consoles.origin}/alerts`)
    const row = page.getByRole('row').filter({ hasText: `was suspended` }).first()
    await row.click()
    await page.getByLabel('Comment (optional)').fill(HOSTILE)
    await page.getByRole('button', { name: 'I see to it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'All of them' }).click()
    await page.getByText('somebody sees to it').first().waitFor()
    const [seen] = accepted(await operations.alertList({ all: true, limit: 100 })).filter(
      each => each.state === 'acknowledged',
    )
    assert.deepEqual([seen?.answeredBy, seen?.comment], ['ada@example.com', HOSTILE])
    await page.getByRole('row').filter({ hasText: 'somebody sees to it' }).first().click()
    await page.getByRole('dialog').getByText(HOSTILE).waitFor()
  })

  test(
    'of fraud: a deck with a fault is not taken, a good one is looked at, counts, and prices a call',
    LIMIT,
    async () => {
      const { page } = owner
      await page.goto(`${consoles.origin}/fraud`)
      await page.getByRole('button', { name: 'Take a provider’s deck' }).click()
      const choose = (text: string) =>
        page.getByLabel('File').setInputFiles({ name: 'rates.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
      await choose('prefix,price_per_minute\n49,cheap\n')
      await page.getByText(/Line 2, column price_per_minute/).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Let it count' }).isDisabled(), true)
      await choose(
        `prefix,price_per_minute,name\n49,0.02,${HOSTILE.replaceAll('"', '""').replace(/^|$/g, '"')}\n53,1.5,Cuba\n`,
      )
      const rates = page.getByRole('list', { name: 'The dearest rates' }).getByRole('listitem')
      await rates.first().waitFor()
      assert.match((await rates.first().textContent()) ?? '', /\+53 Cuba.*1\.50/)
      assert.deepEqual(await seriousFaults(page), [])
      await page.getByRole('button', { name: 'Let it count' }).click()
      await page.getByText(/rates\.csv: 2 rates/).waitFor()
      await page.getByLabel('What a call to a number costs').fill('+4930123456')
      await page.getByRole('button', { name: 'Ask' }).click()
      await page.getByText('(+49)').waitFor()
      assert.equal(await page.evaluate('window.hacked'), undefined)
      const deck = accepted(await operations.deckShow())
      assert.deepEqual([deck.source, deck.rates], ['imported', 2])
      assert.deepEqual(owner.faults, [])
    },
  )

  test('of fraud: rules are tried on the calls of the past, and stay as they are', LIMIT, async () => {
    const { page } = owner
    const before = accepted(await operations.fraudRules())
    await page.goto(`${consoles.origin}/fraud`)
    await page.getByRole('button', { name: 'Try it on the calls of the last 30 days' }).click()
    await page.getByText(/^Of \d+ calls the rules would have stopped \d+/).waitFor()
    await page.getByRole('table', { name: 'Rules' }).getByRole('row').nth(1).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Try it on/ })
      .click()
    await page
      .getByRole('dialog')
      .getByText(/this rule would have stopped \d+/)
      .waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    assert.deepEqual(accepted(await operations.fraudRules()), before)
    assert.deepEqual(owner.faults, [])
  })

  test('of settings: where the log goes, that nothing listens there, and why', LIMIT, async () => {
    const { page } = owner
    const to = `127.0.0.1:${await freePort()}`
    const filter = `reason:"${HOSTILE.replaceAll('"', '\\"')}" or type:export.*`
    accepted(await operations.exportAdd({ name: 'siem', kind: 'syslog', to, filter }))
    await page.goto(`${consoles.origin}/settings`)
    const row = page.getByRole('listitem').filter({ hasText: `syslog ${to}` })
    await row.getByText('<img src=x onerror=').waitFor()
    await row.getByText('failing').waitFor()
    await row.getByText(/ECONNREFUSED|refused/).waitFor()
    await row.getByRole('button', { name: 'Send a test to siem' }).click()
    await row.getByText(/^The test did not arrive: .*refused/i).waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    assert.equal(await page.evaluate('window.hacked'), undefined)
    assert.deepEqual(owner.faults, [])
    accepted(await operations.exportRemove({ name: 'siem' }))
    await page.getByText('Nowhere but this machine.').waitFor()
  })

  test('of calls that were measured: the overview says how they sounded', LIMIT, async () => {
    const { page } = owner
    await page.goto(`${consoles.origin}/`)
    await page.getByText(/sounded (?:good|fair|poor) \(MOS \d\.\d\)/).waitFor()
  })

  test('of extensions: one is added without a mouse', LIMIT, async () => {
    const { page } = owner
    await page.goto(`${consoles.origin}/extensions`)
    await page.getByRole('table', { name: 'Extensions' }).waitFor()
    const focused = () => page.evaluate('document.activeElement?.textContent ?? ""') as Promise<string>
    for (let count = 0; count < 60 && (await focused()) !== 'Add an extension'; count++)
      await page.keyboard.press('Tab')
    assert.equal(await focused(), 'Add an extension')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    const labelled = (label: string) => dialog.getByLabel(label).evaluate(each => each.matches(':focus'))
    for (const [label, text] of [
      ['Number', '188'],
      ['Name', 'By keyboard'],
    ] as const) {
      for (let count = 0; count < 10 && !(await labelled(label)); count++) await page.keyboard.press('Tab')
      await page.keyboard.type(text)
    }
    await page.keyboard.press('Enter')
    await page.getByText('Outbound proxy').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    assert.equal(accepted(await operations.extensionList({ number: '188' }))[0]?.name, 'By keyboard')
  })
})
