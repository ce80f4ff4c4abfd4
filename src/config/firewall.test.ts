import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfiguration } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-config-firewall-'))
after(() => rmSync(folder, { recursive: true }))

function load(firewall: string) {
  const file = join(folder, 'test.yaml')
  writeFileSync(file, `firewall: ${firewall}\n`)
  return loadConfiguration({ file, overrides: { data: folder } })
}

test('a list needs a name, a form and where it comes from; the rest is sensible', () => {
  const result = load(
    '{lists: [{name: mine, form: cidr, from: /etc/x.txt}], networks: [AS64500, 192.0.2.0/24, "2001:db8::/32"]}',
  )
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  assert.deepEqual(result.value.firewall.lists, [
    { name: 'mine', form: 'cidr', from: '/etc/x.txt', refreshSeconds: 86_400, mode: 'on' },
  ])
})

const LIST = 'name: a, form: cidr, from: /x'
for (const [text, words] of [
  [
    '{lists: [{name: a, form: cidr, from: "http://lists.example/x"}]}',
    /firewall\.lists\[0\]\.from is neither the path/,
  ],
  ['{lists: [{name: a, form: cidr, from: "https://me:secret@lists.example/x"}]}', /without a user name/],
  ['{lists: [{name: a, form: cidr, from: x.txt}]}', /begins with \//],
  ['{lists: [{name: A B, form: cidr, from: /x}]}', /small letters/],
  ['{lists: [{name: ../../etc, form: cidr, from: /x}]}', /small letters/],
  ['{lists: [{name: a, form: csv, from: /x}]}', /form is none of cidr, drop, apiban/],
  [`{lists: [{${LIST}, refreshSeconds: 10}]}`, /refreshSeconds is below 300/],
  [`{lists: [{${LIST}, keyFile: /k}]}`, /\{key\} in from and keyFile, or neither/],
  ['{lists: [{name: a, form: apiban, from: "https://lists.example/{key}/x"}]}', /\{key\} in from and keyFile/],
  [`{lists: [{${LIST}}, {${LIST}}]}`, /firewall\.lists\.name is a twice/],
  ['{countries: [Germany]}', /countries\[0\] is not a country/],
  ['{networks: [AS0]}', /networks\[0\] is neither an autonomous system/],
  ['{networks: [0.0.0.0/0]}', /everybody/],
  ['{allow: [0.0.0.0/0]}', /everybody/],
  ['{allow: ["::/0"]}', /everybody/],
  ['{decoys: ["a b"]}', /decoys\[0\] is not a user name/],
  ['{modes: {dropScanner: off}}', /modes\.dropScanner is none of on, dry-run/],
  ['{kernel: always}', /kernel is none of auto, off/],
  ['{lsts: []}', /firewall\.lsts is not a setting; did you mean lists/],
] as const) {
  test(`refused, with an example: ${text}`, () => {
    const result = load(text)
    assert.ok(!result.ok)
    assert.match(result.error.message, words)
  })
}
