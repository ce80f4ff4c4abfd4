import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firewallSchema } from '../config/firewall-schema.ts'
import type { Configuration } from '../config/schema.ts'
import { createSourceTable } from '../guard/sources/source-table.ts'
import { configuredDecisions } from './firewall-configured.ts'

const NOW = 1_700_000_000_000
const asked = (address: string) => ({ address, port: 5061, proven: true })

test('what the configuration bans is closed, but not to registered phones and trunks', () => {
  const firewall = firewallSchema.parse({
    countries: ['XX'],
    networks: ['AS64500', '203.0.113.0/24'],
    allow: ['198.51.100.0/24'],
  })
  const spared = new Set<string>()
  const table = createSourceTable({
    spared: {
      isRegisteredSource: address => spared.has(address),
      isRegisteredSourceOf: () => false,
      isTrunkAddress: () => false,
    },
    whereIs: address => ({
      as: address.startsWith('192.') ? 64500 : undefined,
      country: address.startsWith('203.') ? undefined : 'XX',
    }),
  })
  table.restoreFrom(configuredDecisions({ firewall } as Configuration, NOW), NOW)
  const [inCountry, inSystem, inNetwork] = ['10.0.0.1', '192.0.2.1', '203.0.113.1'] as const
  for (const address of [inCountry, inSystem, inNetwork]) assert.ok(table.banOf(asked(address), NOW), address)
  assert.equal(table.banOf(asked('198.51.100.1'), NOW), undefined, 'allowed')
  for (const address of [inCountry, inSystem, inNetwork]) spared.add(address)
  for (const address of [inCountry, inSystem, inNetwork]) assert.equal(table.banOf(asked(address), NOW), undefined)
})
