/** Every page of the console from a running system, in both themes, wide and on a phone, as pictures in `screenshots/`. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { accepted } from '../test/support/ringfence.ts'
import { openBrowser, enrolOwner } from './screenshots/browser.ts'
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
    { name: 'me', path: '/me' },
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
      await page.screenshot({ path: join(FOLDER, `${name}-${theme}-${width}.png`), fullPage: prepare === undefined })
    }
  }
}

async function invite(office: Office): Promise<void> {
  const link = ['people', 'invite', 'grace@example.com', '--name', 'Grace Example', '--role', 'auditor']
  await office.system.json(...link)
  await office.system.json('people', 'invite', 'linus@example.com', '--name', 'Linus Example', '--role', 'helpdesk')
}

mkdirSync(FOLDER, { recursive: true })
const office = await startOffice()
const browser = await openBrowser(office.system)
const complaints = new Set<string>()
try {
  const { page, origin } = browser
  page.on('console', message => {
    if (message.type() === 'error') complaints.add(`${new URL(page.url()).pathname}: ${message.text()}`)
  })
  page.on('pageerror', error => complaints.add(`${new URL(page.url()).pathname}: ${error.message}`))
  const before: readonly Shot[] = [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'enrol-spent', path: '/enrol' },
  ]
  const isWanted = ({ name }: Shot): boolean => wanted.length === 0 || wanted.some(each => name.includes(each))
  for (const shot of before.filter(isWanted)) await take(page, origin, shot)
  await page.setViewportSize({ width: 1280, height: 800 })
  await enrolOwner(browser, office.system)
  await invite(office)
  for (const shot of (await shotsOf(office)).filter(isWanted)) await take(page, origin, shot)
} catch (error) {
  await browser.page.screenshot({ path: join(FOLDER, 'failed.png') }).catch(() => undefined)
  process.exitCode = 1
  complaints.add(String(error))
} finally {
  await browser.close()
  await office.stop()
}
for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
process.stdout.write(`pictures are in ${FOLDER}\n`)
