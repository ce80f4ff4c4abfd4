/**
 * People in a real browser, with the console's own pages: from the first owner's link to who came back without their
 * telephone. The passkeys are Chromium's own ceremonies with a virtual authenticator.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { Role } from '../../src/identity/types.ts'
import { buildConsole, type ConsoleBrowser, type ConsoleVisitor, openConsole } from '../support/chromium.ts'
import { createAuthenticatorApp, PASSWORD, type PasswordAccount } from '../support/people-visits.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { pause } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'

const OWNER = { name: 'Ada Example', email: 'ada@example.com' }
/** Nothing here waits for longer than a code of an authenticator lives. */
const LIMIT = { timeout: 120_000 }
const isThere = peerVersion('chromium') !== undefined

let system: Ringfence
let consoles: ConsoleBrowser
let owner: ConsoleVisitor

before(async () => {
  if (!isThere) return
  buildConsole()
  system = await startRingfence({ name: 'browser-people' })
  consoles = await openConsole(system)
})

after(async () => {
  await consoles?.close()
  await system?.stop()
})

/** A page that did something that it must not fails the test that used it. */
async function open(context: TestContext, path: string): Promise<ConsoleVisitor> {
  const visitor = await consoles.visitor()
  context.after(async () => {
    assert.deepEqual(visitor.faults, [])
    await visitor.close()
  })
  await visitor.page.goto(`${consoles.origin}${path}`)
  return visitor
}

const menuOf = ({ page }: ConsoleVisitor) => page.getByRole('navigation', { name: 'Pages' })

async function invite(email: string, role: Role, extension?: string): Promise<string> {
  const more = extension === undefined ? [] : ['--extension', extension]
  const { url } = await system.json<{ url: string }>(
    'people',
    'invite',
    email,
    '--name',
    'Ben Example',
    '--role',
    role,
    ...more,
  )
  return `/enrol${new URL(url).hash}`
}

async function choosePasskey({ page }: ConsoleVisitor): Promise<void> {
  await page.getByRole('button', { name: /A passkey/ }).click()
  await page.getByRole('button', { name: 'Create the passkey' }).click()
}

/** Codes are of the machine's own time: what is used up is waited for. */
function appOf(secret: string): PasswordAccount['app'] & { ready(): Promise<void> } {
  let shown = 0
  const app = createAuthenticatorApp(secret, Date.now, () => assert.fail('wait for a fresh code first'))
  return {
    secret,
    code() {
      shown++
      return app.code()
    },
    async ready() {
      // At most two are shown in one period; then the next one begins.
      if (shown > 0) await pause(30_000 - (Date.now() % 30_000))
      shown = 0
    },
  }
}

type Account = Omit<PasswordAccount, 'app'> & { readonly app: ReturnType<typeof appOf> }

async function choosePassword(visitor: ConsoleVisitor, email: string): Promise<Account> {
  const { page } = visitor
  await page.getByRole('button', { name: /Password and authenticator/ }).click()
  assert.ok(await page.getByRole('img', { name: 'QR code for the authenticator' }).isVisible())
  const app = appOf((await page.locator('code').innerText()).replace(/\s/g, ''))
  await page.getByLabel('1. A password').fill(PASSWORD)
  await page.getByLabel('3. The six digits').fill(app.code())
  await page.getByRole('button', { name: 'Done' }).click()
  const codes = page.getByRole('list', { name: 'Recovery codes' })
  await codes.waitFor()
  const recoveryCodes = await codes.getByRole('listitem').allInnerTexts()
  assert.equal(recoveryCodes.length, 10)
  const goOn = page.getByRole('button', { name: 'Go on' })
  assert.ok(await goOn.isDisabled(), 'nobody goes on without having kept them')
  await page.getByLabel('I have kept them').check()
  await goOn.click()
  await menuOf(visitor).waitFor()
  return { email, password: PASSWORD, app, recoveryCodes }
}

async function signIn({ page }: ConsoleVisitor, email: string, password: string, code: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function signOut(visitor: ConsoleVisitor): Promise<void> {
  await visitor.page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

const problemOf = ({ page }: ConsoleVisitor) => page.getByRole('alert').first()

describe('people in a browser', { skip: isThere ? false : 'peer missing: chromium (apt-get install chromium)' }, () => {
  test('the first owner enrols by the link that the start prints, with a passkey', LIMIT, async context => {
    if (!requirePeers(context, 'chromium')) return
    const { url } = await system.json<{ url: string }>('people', 'link')
    assert.equal(new URL(url).origin, consoles.origin)
    owner = await consoles.visitor()
    const { page } = owner
    await page.goto(url)
    await page.getByLabel('Your name').fill(OWNER.name)
    assert.ok(!page.url().includes('#'), 'the token is in the address no more')
    await page.getByLabel('Your e-mail address').fill(OWNER.email)
    await page.getByRole('button', { name: 'Go on' }).click()
    await choosePasskey(owner)
    await menuOf(owner).waitFor()
    assert.equal(await owner.passkeys(), 1)
    const second = await open(context, `/enrol${new URL(url).hash}`)
    await problemOf(second).waitFor()
    assert.match(await second.page.getByRole('main').innerText(), /was used or is over/)
    const link = await system.run('people', 'link')
    assert.equal(link.code, 1, 'there is an owner: no further link of the first one')
  })

  test(
    'the session is in a cookie that no script reads, and in nothing else that the browser keeps',
    LIMIT,
    async () => {
      const [cookie, ...more] = await owner.context.cookies()
      assert.deepEqual(more, [])
      const { name, httpOnly, secure, sameSite, expires } = cookie!
      assert.deepEqual([name, httpOnly, secure, sameSite, expires], ['__Host-ringfence', true, true, 'Strict', -1])
      const kept = await owner.page.evaluate(
        'document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)',
      )
      assert.ok(!String(kept).includes(cookie!.value))
      assert.doesNotMatch(String(kept), /csrf|__Host/)
    },
  )

  test('signs out, and in again with the passkey; without PIN or finger there is no way in', LIMIT, async () => {
    await signOut(owner)
    assert.deepEqual(await owner.context.cookies(), [])
    const button = owner.page.getByRole('button', { name: 'Sign in with a passkey' })
    await owner.verified(false)
    await button.click()
    await problemOf(owner).waitFor()
    assert.deepEqual(await owner.context.cookies(), [])
    await owner.verified(true)
    await button.click()
    await menuOf(owner).waitFor()
  })

  test('somebody without a passkey here finds no way in by one', LIMIT, async context => {
    const visitor = await open(context, '/')
    await visitor.page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await problemOf(visitor).waitFor()
    assert.deepEqual(await visitor.context.cookies(), [])
  })

  test('an administrator is invited in the console, enrols with password and authenticator, and comes back', {
    timeout: 180_000,
  }, async context => {
    const { page } = owner
    await menuOf(owner).getByRole('link', { name: 'People' }).click()
    await page.getByRole('button', { name: 'Invite somebody' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('Ben Example')
    await dialog.getByLabel('E-mail address').fill('ben@example.com')
    await dialog.getByLabel('Role').selectOption('administrator')
    await dialog.getByRole('button', { name: 'Make the link' }).click()
    const url = await page.getByText(/^https:.*\/enrol#/).innerText()
    await page.getByRole('button', { name: 'Done' }).click()
    const ben = await open(context, `/enrol${new URL(url).hash}`)
    const account = await choosePassword(ben, 'ben@example.com')
    await signOut(ben)
    // Not a word of which of them was wrong; then all of them right.
    const wrongs = []
    for (const [email, password, code] of [
      [account.email, 'not the password at all', '000000'],
      [account.email, account.password, '000000'],
      ['nobody@example.com', account.password, '000000'],
    ] as const) {
      const answered = ben.page.waitForResponse(/auth\/password/)
      await signIn(ben, email, password, code)
      assert.equal((await answered).status(), 401)
      wrongs.push(await problemOf(ben).innerText())
    }
    assert.equal(new Set(wrongs).size, 1)
    await account.app.ready()
    await signIn(ben, account.email, account.password, account.app.code())
    await menuOf(ben).waitFor()
    assert.equal(await ben.page.evaluate('location.pathname'), '/')
  })

  test('who lost their authenticator comes back with a recovery code, may only set a new factor, and gives it before what matters', {
    timeout: 180_000,
  }, async context => {
    const visitor = await open(context, await invite('cleo@example.com', 'owner'))
    const account = await choosePassword(visitor, 'cleo@example.com')
    await signOut(visitor)
    await signIn(visitor, account.email, account.password, account.recoveryCodes[3]!)
    await visitor.page.getByText('You came in with a recovery code').waitFor()
    for (const path of ['/', '/people', '/log']) {
      await visitor.page.goto(`${consoles.origin}${path}`)
      await visitor.page.waitForURL(/\/security$/)
    }
    assert.equal((await visitor.ask('GET', '/people')).status, 403)
    await visitor.page.getByRole('button', { name: 'Add a passkey' }).click()
    await visitor.page.getByRole('button', { name: 'Create the passkey' }).click()
    await menuOf(visitor).getByRole('link', { name: 'People' }).click()
    assert.equal(await visitor.passkeys(), 1)
    // Step-up: the passkey was made in this session, and was not yet given.
    await visitor.page.getByRole('button', { name: 'Invite somebody' }).click()
    const dialog = visitor.page.getByRole('dialog').first()
    await dialog.getByLabel('Name', { exact: true }).fill('Dora Example')
    await dialog.getByLabel('E-mail address').fill('dora@example.com')
    await dialog.getByLabel('Role').selectOption('auditor')
    await dialog.getByRole('button', { name: 'Make the link' }).click()
    const asked = visitor.page.getByRole('dialog', { name: 'Confirm that it is you' })
    await asked.waitFor()
    await visitor.verified(false)
    await asked.getByRole('button', { name: 'Use your passkey' }).click()
    await asked.getByRole('alert').waitFor()
    await visitor.verified(true)
    await asked.getByRole('button', { name: 'Use your passkey' }).click()
    await visitor.page.getByText(/^https:.*\/enrol#/).waitFor()
    // The code on paper is used up.
    const again = await open(context, '/sign-in')
    await signIn(again, account.email, account.password, account.recoveryCodes[3]!)
    await problemOf(again).waitFor()
    assert.deepEqual(await again.context.cookies(), [])
  })

  test(
    'who lost everything gets a new link from a second person; the old factors are void with it',
    LIMIT,
    async context => {
      const lost = await open(context, await invite('emil@example.com', 'security'))
      await choosePasskey(lost)
      await menuOf(lost).waitFor()
      await owner.page.goto(`${consoles.origin}/people`)
      await owner.page.getByText('emil@example.com').click()
      await owner.page.getByRole('button', { name: 'Lost their devices' }).click()
      await owner.page.getByLabel('Reason').fill('seen in person: the laptop was stolen')
      await owner.page.getByRole('button', { name: 'Make the link' }).click()
      const url = await owner.page.getByText(/^https:.*\/enrol#/).innerText()
      await owner.page.getByRole('button', { name: 'Done' }).click()
      await lost.page.goto(`${consoles.origin}/`)
      await lost.page.getByRole('heading', { name: 'Sign in' }).waitFor()
      const fresh = await open(context, `/enrol${new URL(url).hash}`)
      await fresh.page.getByText('every passkey, password and code that you had before is void').waitFor()
      await choosePasskey(fresh)
      await menuOf(fresh).waitFor()
      const answered = lost.page.waitForResponse(/passkey\/finish/)
      await lost.page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      assert.equal((await answered).status(), 401)
      await problemOf(lost).waitFor()
      assert.equal((await lost.ask('GET', '/people')).status, 401)
    },
  )

  test(
    'who guesses is told to wait, and the page says for how long; the owner comes and goes',
    LIMIT,
    async context => {
      const visitor = await open(context, await invite('finn@example.com', 'auditor'))
      const account = await choosePassword(visitor, 'finn@example.com')
      await signOut(visitor)
      for (let at = 0; at < 5; at++) {
        const answered = visitor.page.waitForResponse(/auth\/password/)
        await signIn(visitor, account.email, account.password, `00000${at}`)
        assert.equal((await answered).status(), 401)
      }
      const answered = visitor.page.waitForResponse(/auth\/password/)
      await signIn(visitor, account.email, account.password, account.app.code())
      assert.equal((await answered).status(), 429)
      await visitor.page.getByText(/too many wrong attempts: try again in \d+ s/).waitFor()
      assert.deepEqual(await visitor.context.cookies(), [])
      await signOut(owner)
      await owner.page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await menuOf(owner).waitFor()
    },
  )
})

/** What each role sees in the menu, and what it is refused whatever it asks for. */
const VIEWS: Readonly<Record<Role, { readonly sees: readonly string[]; readonly refused: readonly string[] }>> = {
  owner: {
    sees: ['Overview', 'Alerts', 'Calls', 'Extensions', 'Trunks and numbers', 'Fraud', 'Log', 'People', 'Settings'],
    refused: ['/firewall/status', '/organisations'],
  },
  administrator: {
    sees: ['Overview', 'Alerts', 'Calls', 'Extensions', 'Trunks and numbers', 'Fraud', 'Log', 'People', 'Settings'],
    refused: ['/firewall/status', '/organisations'],
  },
  security: {
    sees: ['Overview', 'Alerts', 'Calls', 'Extensions', 'Trunks and numbers', 'Fraud', 'Log', 'People', 'Settings'],
    refused: ['/firewall/status', '/organisations'],
  },
  helpdesk: {
    sees: ['Overview', 'Calls', 'Extensions', 'Settings'],
    refused: ['/trunks', '/fraud/status', '/events', '/people', '/sessions', '/api-keys', '/firewall/status'],
  },
  auditor: {
    sees: ['Overview', 'Alerts', 'Calls', 'Extensions', 'Trunks and numbers', 'Fraud', 'Log', 'People', 'Settings'],
    refused: ['/firewall/status', '/organisations'],
  },
  user: {
    sees: ['My phone'],
    refused: [
      '/status',
      '/calls',
      '/extensions',
      '/trunks',
      '/fraud/status',
      '/events',
      '/people',
      '/calling',
      '/deck',
    ],
  },
}

describe('each role', { skip: isThere ? false : 'peer missing: chromium (apt-get install chromium)' }, () => {
  before(async () => {
    if (!isThere) return
    await system.addExtension('101')
    await system.addExtension('102', 'Somebody else')
  })

  for (const [role, { sees, refused }] of Object.entries(VIEWS) as [Role, (typeof VIEWS)[Role]][]) {
    test(`${role} sees its own and nothing else`, LIMIT, async context => {
      const visitor = await open(context, await invite(`${role}@example.com`, role, '101'))
      await choosePasskey(visitor)
      await menuOf(visitor).waitFor()
      const links = await menuOf(visitor).getByRole('link').allInnerTexts()
      const always = ['My phone', 'My sign-in']
      const reports = ['Security report', 'Firewall']
      assert.deepEqual(
        links.map(text => text.trim()).filter(text => !always.includes(text) && !reports.includes(text)),
        sees.filter(text => !always.includes(text)),
      )
      for (const path of refused) {
        assert.equal((await visitor.ask('GET', path)).status, 403, `${role} ${path}`)
      }
      if (role === 'user') {
        await visitor.page.getByText('Your extension is 101').waitFor()
        for (const path of ['/people', '/extensions', '/log', '/fraud', '/trunks', '/extensions/102']) {
          await visitor.page.goto(`${consoles.origin}${path}`)
          await menuOf(visitor).waitFor()
          await visitor.page.waitForLoadState('networkidle')
          assert.doesNotMatch(await visitor.page.getByRole('main').innerText(), /Somebody else|ada@example/)
        }
        const change = await visitor.ask('POST', '/extensions/102/suspend', { reason: 'x' })
        assert.equal(change.status, 403)
      }
      if (role !== 'owner') {
        const planted = { email: 'planted@example.com', name: 'P', role: 'owner' }
        assert.equal((await visitor.ask('POST', '/people', planted)).status, 403)
      }
    })
  }

  test('whoever nobody knows is asked who they are, on every page', LIMIT, async context => {
    const visitor = await open(context, '/people')
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    for (const path of ['/log', '/me', '/security', '/extensions/101']) {
      await visitor.page.goto(`${consoles.origin}${path}`)
      await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
      assert.doesNotMatch(await visitor.page.getByRole('main').innerText(), /Phone 101|ada@/)
    }
  })
})
