/** Every page of the console from a running system, in both themes, wide and on a phone, as pictures in `screenshots/`. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../test/support/chromium.ts'
import { accepted } from '../test/support/ringfence.ts'
import { enrolInvited, enrolOwner } from './screenshots/browser.ts'
import { EXAMPLES, type Office, startOffice } from './screenshots/office.ts'

const FOLDER = resolve(import.meta.dirname, '..', 'screenshots')
const THEMES = ['light', 'dark'] as const
const WIDTHS = [1280, 390] as const
/** `npm run screenshots -- people` takes those whose name has it. */
const wanted = process.argv.slice(2)

interface Shot {
  readonly name: string
  readonly path: string
  /** What somebody does there first. */
  readonly prepare?: (page: Page) => Promise<void>
}

const click = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole('button', { name }).first().click()
}

async function shotsOf({ operations }: Office): Promise<readonly Shot[]> {
  const [call] = accepted(await operations.callsPast({ limit: 1 }))
  return [
    { name: 'overview', path: '/' },
    { name: 'calls', path: '/calls' },
    ...(call === undefined ? [] : [{ name: 'call', path: `/calls/${call.id}` }]),
    { name: 'extensions', path: '/extensions' },
    { name: 'extension', path: `/extensions/${EXAMPLES.extension}` },
    { name: 'trunks', path: '/trunks' },
    { name: 'fraud', path: '/fraud' },
    { name: 'alerts', path: '/alerts' },
    { name: 'firewall', path: '/firewall' },
    { name: 'log', path: '/log' },
    { name: 'people', path: '/people' },
    { name: 'people-invite', path: '/people', prepare: click('Invite somebody') },
    { name: 'people-key', path: '/people', prepare: click('Make a key') },
    {
      name: 'people-one',
      path: '/people',
      prepare: page => page.getByRole('table').getByText('Grace Example').click(),
    },
    { name: 'settings', path: '/settings' },
    { name: 'report', path: '/report' },
    { name: 'security', path: '/security' },
    { name: 'missing', path: '/extensions/999' },
  ]
}

async function take(page: Page, origin: string, { name, path, prepare }: Shot): Promise<void> {
  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 })
      await page.goto(`${origin}${path}`)
      await page.evaluate(chosen => localStorage.setItem('theme', chosen), theme)
      await page.reload()
      await page
        .getByText(/ …$/)
        .first()
        .waitFor({ state: 'hidden', timeout: 10_000 })
        .catch(() => undefined)
      await prepare?.(page)
      await page.waitForTimeout(500)
      const file = `${name}-${theme}-${width}`
      await page.screenshot({ path: join(FOLDER, `${file}.png`), fullPage: prepare === undefined })
      for (const found of await faultsOf(page)) complaints.add(`${file}: ${found}`)
    }
  }
}

/** What axe calls serious, and what does not fit on the screen. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<readonly string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ' ' + nodes.slice(0, 3).map(each => each.html.slice(0, 160)).join(' | ')))`)
  const spills = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  return spills > 0 ? [...found, `is ${spills} px wider than the screen`] : found
}

interface Invited {
  readonly url: string
}

/** Somebody with an extension of their own, somebody who has not come yet. */
async function invite({ system }: Office): Promise<{ readonly user: Invited; readonly auditor: Invited }> {
  const add = (email: string, name: string, role: string, ...more: readonly string[]) =>
    system.json<Invited>('people', 'invite', email, '--name', name, '--role', role, ...more)
  return {
    auditor: await add('grace@example.com', 'Grace Example', 'auditor'),
    user: await add('hedy@example.com', 'Hedy Example', 'user', '--extension', EXAMPLES.own),
  }
}

const complaints = new Set<string>()
const isWanted = ({ name }: Shot): boolean => wanted.length === 0 || wanted.some(each => name.includes(each))

async function takeAll(office: Office, browser: ConsoleBrowser): Promise<void> {
  const { origin } = browser
  const takeThose = async (visitor: ConsoleVisitor, shots: readonly Shot[]): Promise<void> => {
    try {
      for (const shot of shots.filter(isWanted)) await take(visitor.page, origin, shot)
    } catch (error) {
      await visitor.page.screenshot({ path: join(FOLDER, 'failed.png') })
      throw error
    } finally {
      for (const fault of visitor.faults) complaints.add(fault)
    }
  }
  const owner = await browser.visitor()
  await takeThose(owner, [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'enrol-spent', path: '/enrol' },
  ])
  await owner.page.setViewportSize({ width: 1280, height: 800 })
  await enrolOwner(owner, origin, office.system)
  const { user, auditor } = await invite(office)
  const visitor = await browser.visitor()
  const enrol = `/enrol${new URL(auditor.url).hash}`
  await takeThose(visitor, [
    { name: 'enrol', path: enrol, prepare: reopen(origin, enrol) },
    { name: 'enrol-password', path: enrol, prepare: reopen(origin, enrol, /Password and authenticator/) },
    { name: 'enrol-passkey', path: enrol, prepare: reopen(origin, enrol, /A passkey/) },
  ])
  await visitor.page.setViewportSize({ width: 1280, height: 800 })
  await enrolInvited(visitor, origin, user.url)
  await takeThose(visitor, [
    { name: 'me', path: '/me' },
    { name: 'me-forbidden', path: '/people' },
    { name: 'me-menu', path: '/security', prepare: menu },
  ])
  await takeThose(owner, await shotsOf(office))
}

/** The link leaves the address when it is used: it is opened anew. */
const reopen = (origin: string, path: string, button?: RegExp) => async (page: Page) => {
  await page.goto('about:blank')
  await page.goto(`${origin}${path}`)
  await page.getByRole('heading', { name: /Welcome/ }).waitFor()
  if (button !== undefined) await page.getByRole('button', { name: button }).click()
}

async function menu(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Open the menu' })
  if (await button.isVisible()) await button.click()
}

mkdirSync(FOLDER, { recursive: true })
buildConsole()
const office = await startOffice()
const browser = await openConsole(office.system)
try {
  await takeAll(office, browser)
} catch (error) {
  process.exitCode = 1
  process.stdout.write(`${String(error)}\n`)
} finally {
  await browser.close()
  await office.stop()
}
for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
process.stdout.write(`pictures are in ${FOLDER}\n`)
