/** What axe finds on a page that a browser shows. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SCRIPT = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Rules that are broken seriously, each with its first place. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Half-way from disabled to enabled a button has the contrast of neither.
  await page.evaluate(
    `Promise.all(document.getAnimations()
      .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
      .map(each => each.finished.catch(() => undefined)))`,
  )
  await page.evaluate(readFileSync(SCRIPT, 'utf8'))
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)
}
