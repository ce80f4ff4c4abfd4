/**
 * The console in Debian's Chromium, with 10,000 extensions and 1,000,000 events: what is sent for the first page, when it can be
 * read, and whether long lists are smooth: `npm run bench:console [-- --smoke]`
 */
import type { CDPSession, Page } from 'playwright-core'
import { buildConsole, openConsole } from '../test/support/chromium.ts'
import { pause, temporaryFolder } from '../test/support/places.ts'
import { startRingfence } from '../test/support/ringfence.ts'
import { publish, readOptions } from './support/command.ts'
import { fillStore } from './support/filled-store.ts'
import { shown, spreadOf, shownSpread, table } from './support/statistics.ts'

const options = readOptions()
const EXTENSIONS = options.smoke ? 300 : 10_000
const EVENTS = options.smoke ? 2_000 : 1_000_000
const ROUNDS = options.smoke ? 1 : 5
const SCROLL_MS = options.smoke ? 500 : 3_000

/** What a page did while something was going on: longest and slowest frames, in milliseconds. */
interface Smoothness {
  readonly frames: number
  readonly p99: number
  readonly longest: number
}

interface Loaded {
  readonly scriptKb: number
  readonly paintMs: number
  readonly readMs: number
}

/** From nothing: no cache, no connection. `ready`: what has to be there to be read. */
async function load(page: Page, devtools: CDPSession, url: string, ready: string): Promise<Loaded> {
  let octets = 0
  const scripts = new Set<string>()
  const onResponse = ({ requestId, type }: { requestId: string; type: string }): void => {
    if (type === 'Script') scripts.add(requestId)
  }
  const onFinished = ({ requestId, encodedDataLength }: { requestId: string; encodedDataLength: number }): void => {
    if (scripts.has(requestId)) octets += encodedDataLength
  }
  devtools.on('Network.responseReceived', onResponse)
  devtools.on('Network.loadingFinished', onFinished)
  await devtools.send('Network.clearBrowserCache')
  await page.goto('about:blank')
  await page.goto(url, { waitUntil: 'commit' })
  await page.locator(ready).first().waitFor()
  const [paintMs, readMs] = (await page.evaluate(
    `[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, performance.now()]`,
  )) as [number, number]
  await pause(300)
  devtools.off('Network.responseReceived', onResponse)
  devtools.off('Network.loadingFinished', onFinished)
  return { scriptKb: octets / 1_000, paintMs, readMs }
}

/** Frames while `act` is going on. */
async function frames(page: Page, act: () => Promise<void>): Promise<Smoothness> {
  await page.evaluate(`
    window.benchFrames = []
    window.benchGoes = true
    let last = performance.now()
    const next = now => {
      window.benchFrames.push(now - last)
      last = now
      if (window.benchGoes) requestAnimationFrame(next)
    }
    requestAnimationFrame(next)`)
  await act()
  const times = (await page.evaluate(`(window.benchGoes = false, window.benchFrames.slice(1))`)) as number[]
  const sorted = times.toSorted((a, b) => a - b)
  return {
    frames: sorted.length,
    p99: sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 0,
    longest: sorted.at(-1) ?? 0,
  }
}

async function scroll(page: Page): Promise<void> {
  await page.mouse.move(640, 500)
  for (const end = performance.now() + SCROLL_MS; performance.now() < end; await pause(16))
    await page.mouse.wheel(0, 400)
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await run()
  return performance.now() - from
}

buildConsole()
const data = temporaryFolder('bench-console')
console.log(`${EXTENSIONS} extensions and ${EVENTS} events are written …`)
await fillStore(data, { extensions: EXTENSIONS, events: EVENTS })
const ringfence = await startRingfence({ data })
const consoles = await openConsole(ringfence)
const rows: (readonly string[])[] = []
const figures: Record<string, unknown> = {}
try {
  const { page, context } = await consoles.visitor()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  page.setDefaultTimeout(60_000)
  const { url } = await ringfence.json<{ url: string }>('people', 'link')
  const { origin } = consoles
  await page.goto(`${origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()

  for (const [name, path, ready] of [
    ['overview, from nothing', '/', 'main h1'],
    ['extensions, from nothing', '/extensions', 'role=row >> nth=2'],
    ['log, from nothing', '/log', 'role=row >> nth=2'],
  ] as const) {
    const loads: Loaded[] = []
    for (let round = 0; round < ROUNDS; round++) loads.push(await load(page, devtools, `${origin}${path}`, ready))
    figures[name] = loads
    const [script, paint, read] = (['scriptKb', 'paintMs', 'readMs'] as const).map(what =>
      shownSpread(spreadOf(loads.map(each => each[what]))),
    )
    rows.push([name, `first paint ${paint} ms, can be read ${read} ms, ${script} kB of compressed script`])
  }

  await page.goto(`${origin}/extensions`)
  await page.getByRole('row').nth(2).waitFor()
  await pause(options.smoke ? 500 : 5_000)
  const say = (name: string, { frames: count, p99, longest }: Smoothness): void => {
    figures[name] = { count, p99, longest }
    rows.push([name, `${count} frames, 99 in 100 within ${shown(p99)} ms, the longest ${shown(longest)} ms`])
  }
  say(`scrolling through ${EXTENSIONS} extensions`, await frames(page, () => scroll(page)))
  await page.goto(`${origin}/log`)
  const box = page.getByRole('combobox', { name: 'Question to the log' })
  await page.getByRole('table', { name: 'Events' }).getByRole('row').nth(2).waitFor()
  say(
    'typing a question to the log',
    await frames(page, () => box.pressSequentially('type:call.refused', { delay: 40 })),
  )
  const asked = await timed(async () => {
    await box.press('Enter')
    await page.getByText('Of the').waitFor()
    await page.waitForURL('**/log?*')
    await page.getByRole('row').filter({ hasText: 'call.refused' }).first().waitFor()
  })
  figures['asked'] = asked
  rows.push([`a question to ${EVENTS} events, from Enter to its rows`, `${shown(asked)} ms`])
  say('scrolling through what was found', await frames(page, () => scroll(page)))
  publish('console', options, table(['what', 'measured'], rows), figures)
} finally {
  await consoles.close()
  await ringfence.halt()
  data.remove()
}
