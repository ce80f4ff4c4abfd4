import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExtensionId, OrganisationId } from '../base/ids.ts'
import type { Extension } from '../directory/types.ts'
import { routeDialled } from './route.ts'

const ours = 'o1' as OrganisationId
const extension: Extension = {
  id: 'e1' as ExtensionId,
  organisationId: ours,
  number: '101',
  name: 'Ada',
  state: 'active',
  suspendedReason: undefined,
  createdAt: 0,
}
const directory = {
  extensionByNumber: (organisationId: OrganisationId, number: string) =>
    organisationId === ours && number === '101' ? extension : undefined,
}

test('an extension number leads to its extension', () => {
  assert.deepEqual(routeDialled(directory, ours, '101'), { kind: 'extension', extension })
})

test('a parameter in the user part is not part of the number', () => {
  assert.deepEqual(routeDialled(directory, ours, '101;phone-context=example.com'), { kind: 'extension', extension })
})

test('anything else is unknown, and so is the number of another organisation', () => {
  for (const dialled of ['', '1010', '10', '101 ', '+101', '101@example.com', 'x'.repeat(10_000)]) {
    assert.deepEqual(routeDialled(directory, ours, dialled), { kind: 'unknown' }, dialled.slice(0, 20))
  }
  assert.deepEqual(routeDialled(directory, 'o2' as OrganisationId, '101'), { kind: 'unknown' })
})
