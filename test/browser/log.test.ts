/** The log's page in a real browser: asked by keyboard, narrowed by a click, followed, saved; strangers' text is text on it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import { seriousFaults } from '../support/axe.ts'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../support/chromium.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const LIMIT = { timeout: 120_000 }
const isThere = peerVersion('chromium') !== undefined
/** A mark-up that runs, one that turns text around, one that a spreadsheet would compute. */
const HOSTILE = '<img src=x onerror="window.hacked=1">\u202egnp.exe'
const FORMULA = '=HYPERLINK("https://attacker.example","x")'

let system: Ringfence
let operations: Operations
let consoles: ConsoleBrowser
let owner: ConsoleVisitor

before(async () => {
  if (!isThere) return
  buildConsole()
  system = await startRingfence({ name: 'browser-log' })
  operations = await system.operations()
  consoles = await openConsole(system)
  owner = await consoles.visitor()
  const { page } = owner
  page.setDefaultTimeout(15_000)
  const { url } = await system.json<{ url: string }>('people', 'link')
  await page.goto(`${consoles.origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await ban('198.51.100.1', HOSTILE)
  await ban('198.51.100.2', FORMULA)
  await ban('198.51.100.3', 'x'.repeat(500))
})

after(async () => {
  await owner?.close()
  await consoles?.close()
  await system?.stop()
})

async function ban(target: string, reason: string): Promise<void> {
  accepted(await operations.firewallBan({ target, minutes: 60, reason, evenRegistered: false }))
}

const box = () => owner.page.getByRole('combobox', { name: 'Question to the log' })
const rows = () => owner.page.getByRole('table', { name: 'Events' }).getByRole('row')
const asked = (): string => new URL(owner.page.url()).searchParams.get('q') ?? ''
const open = (query: string): Promise<unknown> =>
  owner.page.goto(`${consoles.origin}/log?q=${encodeURIComponent(query)}`)

describe('the log', { skip: isThere ? false : 'peer missing: chromium (apt-get install chromium)' }, () => {
  test(
    'is asked by keyboard alone, with fields and values completed; back and reload keep the question',
    LIMIT,
    async t => {
      if (!requirePeers(t, 'chromium')) return
      const { page } = owner
      await page.goto(`${consoles.origin}/log`)
      await box().focus()
      await page.keyboard.type('sever')
      await page.getByRole('option', { name: /^severity:/ }).waitFor()
      await page.keyboard.press('ArrowDown')
      assert.match((await box().getAttribute('aria-activedescendant')) ?? '', /-0$/)
      await page.keyboard.press('Enter')
      assert.equal(await box().inputValue(), 'severity:')
      await page.keyboard.type('not')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      assert.equal(await box().inputValue(), 'severity:notice ')
      await page.keyboard.press('Enter')
      await eventually(() => asked() === 'severity:notice', 5_000, 'the question stands in the address')
      await page.getByRole('button', { name: '24 hours' }).click()
      await eventually(() => asked() === 'severity:notice last 24h', 5_000, 'the time is added')
      await page.reload()
      await rows().nth(1).waitFor()
      assert.equal(await box().inputValue(), 'severity:notice last 24h')
      await page.goBack()
      await eventually(async () => (await box().inputValue()) === 'severity:notice', 5_000, 'back asks what was asked')
    },
  )

  test('says where a question cannot be read, and reads nothing', LIMIT, async () => {
    const { page } = owner
    await open('')
    await box().fill('type:call.* nonsense:1 last 1h')
    await box().press('Enter')
    await page.getByRole('alert').filter({ hasText: 'at character 13' }).waitFor()
    assert.equal(await page.locator('mark').textContent(), 'nonsense:1')
    assert.equal(await box().getAttribute('aria-invalid'), 'true')
    assert.equal(asked(), '')
  })

  test('shows what strangers wrote as text, and what turns text around as what it is', LIMIT, async () => {
    const { page } = owner
    await open('type:firewall.ordered')
    const row = rows().filter({ hasText: 'onerror' })
    await row.first().waitFor()
    assert.match((await row.first().textContent()) ?? '', /⟨U\+202E⟩gnp\.exe/)
    await row.first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('data.reason').waitFor()
    assert.match((await dialog.textContent()) ?? '', /<img src=x onerror=/)
    await dialog.getByText(/Position \d+ of the log/).waitFor()
    assert.equal(await page.evaluate('window.hacked'), undefined)
    assert.equal(await page.locator('main img').count(), 0)
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('button', { name: 'Close' }).click()
    await rows().filter({ hasText: 'xxxxx' }).first().waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390)
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  test('is narrowed by the values of an event, even by a hostile one', LIMIT, async () => {
    const { page } = owner
    await open('type:firewall.ordered')
    await rows().filter({ hasText: 'onerror' }).first().click()
    await page.getByRole('button', { name: /^Only reason / }).click()
    await eventually(() => asked().includes('reason:"<img'), 5_000, 'the value is asked for')
    await eventually(async () => (await rows().count()) === 2, 5_000, 'only that event is listed')
    assert.match((await rows().nth(1).textContent()) ?? '', /onerror/)
  })

  test('is counted by what the question says', LIMIT, async () => {
    const { page } = owner
    await open('type:firewall.ordered last 1h | count by reason top 2')
    const groups = page.getByRole('list', { name: 'How many by reason' }).getByRole('listitem')
    await groups.first().waitFor()
    assert.equal(await groups.count(), 2)
    assert.ok((await page.getByRole('button', { name: /: \d+ events, \d+ of them warnings or worse/ }).count()) > 0)
  })

  test('is counted in the whole log, not only in what is on the screen', LIMIT, async () => {
    const { page } = owner
    await open('type:firewall.ordered | count')
    const { total } = accepted(await operations.eventsCount({ q: 'type:firewall.ordered' }))
    await page.getByText(`${total} events in the log`).waitFor()
  })

  test('is asked again by a name that was saved, of which people are told', LIMIT, async () => {
    const { page } = owner
    await open('reason~"saved one"')
    await page.getByRole('button', { name: 'Save this question' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Bans of mine')
    await page.getByLabel('Tell people when many events answer').check()
    await page.getByLabel('More than').fill('1')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await open('type:nothing.like-this')
    await page.getByRole('button', { name: /^Bans of mine/ }).click()
    await eventually(() => asked() === 'reason~"saved one"', 5_000, 'it is asked')
    await ban('198.51.100.21', 'saved one a')
    await ban('198.51.100.22', 'saved one b')
    await eventually(
      async () => accepted(await operations.eventsCount({ q: 'type:search.found' })).total === 1,
      10_000,
      'people are told',
    )
    await page.getByRole('button', { name: 'Remove the saved search Bans of mine' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('none yet').waitFor()
  })

  test('teaches where there is nothing', LIMIT, async () => {
    const { page } = owner
    await open('reason:nobody-wrote-this')
    await page.getByText('Nothing like that in the log').waitFor()
    await page.getByRole('button', { name: 'severity>=warning last 24h' }).click()
    await eventually(() => asked() === 'severity>=warning last 24h', 5_000, 'the example is asked')
  })

  test('is followed, held, and says when the line is lost', LIMIT, async () => {
    const { page } = owner
    await page.route('**/api/v1/events/stream', route => route.abort())
    await open('source:203.0.113.0/24 or reason~followed')
    await page.getByRole('button', { name: 'Follow', exact: true }).click()
    await page.getByText('The connection is lost.').waitFor()
    await page.unroute('**/api/v1/events/stream')
    await page.getByText('Following what answers').waitFor({ timeout: 20_000 })
    await ban('198.51.100.9', 'not of these')
    await ban('198.51.100.10', 'followed one')
    await rows().filter({ hasText: 'followed one' }).waitFor()
    await page.getByRole('button', { name: 'Hold' }).click()
    await ban('198.51.100.11', 'followed two')
    await page.getByText('Held: 1 wait').waitFor()
    assert.equal(await rows().filter({ hasText: 'followed two' }).count(), 0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await rows().filter({ hasText: 'followed two' }).waitFor()
    assert.equal(await rows().filter({ hasText: 'not of these' }).count(), 0)
  })

  test('is saved for spreadsheets, where no stranger computes, and as lines of JSON', LIMIT, async () => {
    assert.match(await saved('Save as CSV'), /"'=HYPERLINK\(""https/)
    const lines = (await saved('Save as JSON lines')).trim().split('\n')
    const events = lines.map(line => JSON.parse(line) as { event: { type: string; data: { reason: string } } })
    assert.ok(events.every(({ event }) => event.type === 'firewall.ordered'))
    assert.ok(events.some(({ event }) => event.data.reason === HOSTILE))
  })

  test('has nothing that axe finds serious, in both themes', LIMIT, async () => {
    const { page } = owner
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await open('type:firewall.ordered')
      await rows().nth(1).waitFor()
      assert.deepEqual(await seriousFaults(page), [])
      await rows().nth(1).click()
      await page.getByRole('dialog').waitFor()
      assert.deepEqual(await seriousFaults(page), [])
    }
    assert.deepEqual(owner.faults, [])
  })
})

async function saved(button: string): Promise<string> {
  const { page } = owner
  await open('type:firewall.ordered')
  await rows().nth(1).waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: button }).click()
  return readFileSync(await (await download).path(), 'utf8')
}
