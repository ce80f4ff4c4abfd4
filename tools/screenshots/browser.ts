/** Somebody's way in by their link, with the passkey of a virtual authenticator. */
import type { Page } from 'playwright-core'
import type { ConsoleVisitor } from '../../test/support/chromium.ts'
import { eventually } from '../../test/support/places.ts'
import type { Ringfence } from '../../test/support/ringfence.ts'

/** As the first owner does it: by the link that the start prints. */
export async function enrolOwner({ page }: ConsoleVisitor, origin: string, system: Ringfence): Promise<void> {
  const { url } = await eventually(() => system.json<{ url: string }>('people', 'link'), 20_000, 'the link')
  await page.goto(`${origin}/enrol${new URL(url).hash}`)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Go on' }).click()
  await enrolByPasskey(page)
}

/** `url`: of an invitation. */
export async function enrolInvited({ page }: ConsoleVisitor, origin: string, url: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${origin}/enrol${new URL(url).hash}`)
  await enrolByPasskey(page)
}

async function enrolByPasskey(page: Page): Promise<void> {
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}
