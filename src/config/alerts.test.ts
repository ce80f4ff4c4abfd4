import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfiguration } from './load.ts'
import { weakenings } from './weakenings.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-config-alerts-'))
after(() => rmSync(folder, { recursive: true }))
const MAIL = 'host: smtp.example.com, from: pbx@example.com, to: [owner@example.com]'
const HOOK = 'url: "https://hooks.example.com/x", secretFile: /s'

function load(alerts: string) {
  const file = join(folder, 'test.yaml')
  writeFileSync(file, `alerts: ${alerts}\n`)
  return loadConfiguration({ file, overrides: { data: folder } })
}

function loaded(alerts: string) {
  const result = load(alerts)
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  return result.value
}

test('nobody is told by default; mail is encrypted, and a webhook goes to the public internet alone', () => {
  assert.deepEqual(loaded('{}').alerts, { webhooks: [], chats: [] })
  const configuration = loaded(`{mail: {${MAIL}}, webhooks: [{${HOOK}}]}`)
  const { mail, webhooks } = configuration.alerts
  assert.deepEqual([mail?.security, mail?.allowInsecurePlaintext, webhooks[0]?.networks], ['starttls', false, []])
  assert.deepEqual(weakenings(configuration), [])
})

test('mail in clear is a weakening that is named', () => {
  const found = weakenings(loaded(`{mail: {${MAIL}, allowInsecurePlaintext: true}}`))
  assert.deepEqual(
    found.map(({ option, expiresAt }) => [option, expiresAt]),
    [['alerts.mail.allowInsecurePlaintext', undefined]],
  )
})

for (const [what, alerts, words] of [
  ['a password among the settings', `{mail: {${MAIL}, password: x}}`, /alerts\.mail\.password/],
  ['a user without a password', `{mail: {${MAIL}, user: x}}`, /needs user and passwordFile/],
  ['nobody to tell', '{mail: {host: h, from: a@b.example, to: []}}', /alerts\.mail\.to/],
  [
    'a sender that is a header',
    '{mail: {host: h, from: "a@b\\r\\nBcc: c@d", to: [a@b.example]}}',
    /alerts\.mail\.from/,
  ],
  ['a host with a path', '{mail: {host: "h/x", from: a@b.example, to: [a@b.example]}}', /alerts\.mail\.host/],
  ['a webhook in clear', '{webhooks: [{url: "http://h.example/", secretFile: /s}]}', /not an https: address/],
  ['a webhook with a login', '{webhooks: [{url: "https://u:p@h.example/", secretFile: /s}]}', /not an https: address/],
  ['a webhook without a signature', '{webhooks: [{url: "https://h.example/"}]}', /secretFile/],
  ['a network that is none', `{webhooks: [{${HOOK}, networks: [10.0.0.0/33]}]}`, /alerts\.webhooks.*networks/],
  ['a link in clear', '{linkUrl: "http://pbx.example"}', /alerts\.linkUrl/],
] as const) {
  test(`${what} is refused with an example`, () => {
    const result = load(alerts)
    assert.ok(!result.ok)
    assert.match(result.error.message, words)
    assert.match(result.error.message, /alerts|linkUrl|mail|host|from|url|secretFile|networks/)
  })
}
