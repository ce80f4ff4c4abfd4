/**
 * Ten tasks of a newcomer at the console of an office that is alive, each by what the screen says and nothing else. What
 * they take is counted, and stands in docs/usability.md.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import type { Operations } from '../../src/api/operations.ts'
import { systemClock } from '../../src/base/clock.ts'
import { type RunningDemo, startDemo } from '../../src/demo/demo.ts'
import { checkGeneratedPart } from '../documentation/generated.ts'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../support/chromium.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

const LIMIT = { timeout: 180_000 }
const SOON = 10_000
const isThere = peerVersion('chromium') !== undefined

interface Effort {
  readonly task: string
  clicks: number
  fields: number
}

const efforts: Effort[] = []
let system: Ringfence
let operations: Operations
let demo: RunningDemo
let consoles: ConsoleBrowser
let owner: ConsoleVisitor

before(async () => {
  if (!isThere) return
  buildConsole()
  system = await startRingfence({ name: 'browser-tasks' })
  operations = await system.operations()
  demo = await startDemo({
    operations,
    sip: system.ready.sipTls,
    clock: systemClock,
    tell: () => undefined,
    theftAfterMs: 0,
  })
  consoles = await openConsole(system)
  owner = await consoles.visitor()
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
  await eventually(async () => (await suspended()) === 1, 60_000, 'the thief is stopped')
})

after(async () => {
  if (process.env['TASKS_SHOT'] !== undefined)
    await owner?.page.screenshot({ path: process.env['TASKS_SHOT'], fullPage: true })
  await owner?.close()
  await consoles?.close()
  await demo?.stop()
  await system?.stop()
})

const suspended = async (): Promise<number> => accepted(await operations.fraudStatus()).suspended.length

/** Counts what a hand does. */
function hand(task: string) {
  const effort: Effort = { task, clicks: 0, fields: 0 }
  efforts.push(effort)
  const { page } = owner
  return {
    page,
    async click(what: Locator) {
      await what.click()
      effort.clicks++
    },
    async type(what: Locator, text: string) {
      await what.fill(text)
      effort.fields++
    },
    /** By the menu, from wherever one is. */
    async go(place: string) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place, exact: true }).click()
      effort.clicks++
    },
  }
}

const role = (name: 'button' | 'row' | 'link', label: string | RegExp): Locator =>
  owner.page.getByRole(name, { name: label })
const dialog = (): Locator => owner.page.getByRole('dialog')

describe('a newcomer', { skip: isThere ? false : 'peer missing: chromium (apt-get install chromium)' }, () => {
  test('adds an extension and gets its phone registered', LIMIT, async context => {
    if (!requirePeers(context, 'chromium')) return
    const { click, type, go, page } = hand('Add an extension and get a phone registered')
    await go('Extensions')
    await click(role('button', 'Add an extension'))
    await type(dialog().getByLabel('Number'), '140')
    await type(dialog().getByLabel('Name'), 'New colleague')
    await click(role('button', 'Add it, and a phone'))
    await page.getByText('Outbound proxy').waitFor()
    const lines = await dialog().locator('dd code').allTextContents()
    const [username = '', password = '', domain = '', outboundProxy = ''] = lines
    const phone = testPhoneFor(
      { username, password, domain, outboundProxy, registrar: `sip:${domain}`, ca: '' },
      readFileSync(system.ready.ca, 'utf8'),
    )
    assert.equal((await phone.register()).ok, true)
    await page.getByText('The phone is connected').waitFor()
    await click(role('button', 'Done'))
    await phone.stop()
  })

  test('finds why a call was refused', LIMIT, async () => {
    const { click, go, page } = hand('Find why last night’s call was refused')
    await go('Calls')
    await click(page.getByRole('row').filter({ hasText: 'refused by a rule' }).first())
    await page.getByText('Step by step').waitFor()
    await page
      .getByText(/FRAUD_/)
      .first()
      .waitFor()
  })

  test('restores a suspended extension', LIMIT, async () => {
    const { click, type, go, page } = hand('Restore a suspended extension')
    await go('Extensions')
    await click(page.getByRole('row').filter({ hasText: 'suspended' }).first())
    await click(role('button', 'Restore'))
    await type(dialog().getByLabel('Reason'), 'its password was changed')
    await click(dialog().getByRole('button', { name: 'Restore' }))
    await eventually(async () => (await suspended()) === 0, SOON, 'it is restored')
  })

  test('opens a country, and allows it to the one who calls there', LIMIT, async () => {
    const { click, type, go, page } = hand('Allow calls to Mexico for one person')
    await go('Settings')
    await type(page.getByLabel('Open a country'), 'Mexico')
    await click(role('button', 'Mexico'))
    await click(page.getByRole('button', { name: 'Save' }).first())
    await eventually(
      async () => accepted(await operations.callingShow()).openCountries.includes('MX'),
      SOON,
      'Mexico is open',
    )
    const credentials = accepted(await operations.deviceAdd({ extension: '104', label: 'task' }))
    // Of another make it would also be asked about, as a phone that may be a thief's.
    const phone = testPhoneFor(credentials, readFileSync(system.ready.ca, 'utf8'), { userAgent: 'Demo phone 1.0' })
    await phone.register()
    assert.equal((await phone.call('+525512345678').outcome).ok, false, 'the first call to a country waits')
    await go('Fraud')
    await click(page.getByRole('listitem').filter({ hasText: 'country MX' }).getByRole('button', { name: 'Allow' }))
    await click(dialog().getByRole('button', { name: 'Allow' }))
    await dialog().waitFor({ state: 'hidden' })
    const second = phone.call('+525512345678')
    const outcome = await second.outcome
    assert.ok(outcome.ok, JSON.stringify(outcome))
    await second.hangup()
    await phone.stop()
  })

  test('sees who changed a forwarding rule', LIMIT, async () => {
    accepted(await operations.extensionCallingChange({ extension: '102', forwardBusy: 'extension:101' }))
    const { click, go, page } = hand('See who changed a forwarding rule')
    await go('Extensions')
    await click(page.getByRole('row').filter({ hasText: '102' }).first())
    await page.getByText(/forwardBusy: - → extension:101/).waitFor()
    await page
      .getByText(/forwardBusy.*by control socket/)
      .first()
      .waitFor()
  })

  test('unblocks an address', LIMIT, async () => {
    const target = '198.51.100.23'
    accepted(await operations.firewallBan({ target, minutes: 60, reason: 'a test', evenRegistered: false }))
    const { click, type, go, page } = hand('Unblock an address')
    await go('Firewall')
    await click(page.getByRole('row').filter({ hasText: target }))
    await click(role('button', 'Let it in again'))
    await type(dialog().getByLabel('Reason'), 'it is our new branch')
    await click(dialog().getByRole('button', { name: 'Take the ban back' }))
    await eventually(
      async () => accepted(await operations.firewallExplain({ subject: target })).verdict === 'open',
      SOON,
      'the ban is taken back',
    )
  })

  test('invites a colleague as auditor', LIMIT, async () => {
    const { click, type, go, page } = hand('Invite a colleague as auditor')
    await go('People')
    await click(role('button', 'Invite somebody'))
    await type(dialog().getByLabel('Name'), 'Ben Example')
    await type(dialog().getByLabel('E-mail address'), 'ben@example.com')
    await dialog().getByLabel('Role').selectOption('auditor')
    await click(role('button', 'Make the link'))
    await page.getByText(/\/enrol#/).waitFor()
    await click(role('button', 'Done'))
  })

  test('raises a cap', LIMIT, async () => {
    const { click, type, go, page } = hand('Raise a cap')
    await go('Fraud')
    await type(page.getByLabel(/^Everybody, a day/), '200')
    await click(role('button', 'Change the caps'))
    await eventually(
      async () => Number(accepted(await operations.budgetShow({})).caps.organisationDay) === 200,
      SOON,
      'the cap is raised',
    )
  })

  test('saves the calls as a file', LIMIT, async () => {
    const { click, go, page } = hand('Export last month’s calls')
    await go('Calls')
    const download = page.waitForEvent('download')
    await click(role('button', 'Save as CSV'))
    const file = await (await download).path()
    assert.match(readFileSync(file, 'utf8'), /^\ufeff"from","to","started"/)
  })

  test('prints the security report', LIMIT, async () => {
    const { click, go, page } = hand('Print the security report')
    await page.evaluate('window.print = () => { window.printed = true }')
    await go('Security report')
    await click(role('button', 'Print'))
    assert.equal(await page.evaluate('window.printed'), true)
  })

  test('and what each took stands in docs/usability.md', () => {
    assert.deepEqual(owner.faults, [])
    const rows = efforts.map(({ task, clicks, fields }) => `| ${task} | ${clicks} | ${fields} |`)
    assert.equal(rows.length, 10)
    checkGeneratedPart(
      'docs/usability.md',
      'tasks',
      `| task | clicks | fields typed |\n|---|---|---|\n${rows.join('\n')}`,
    )
  })
})
