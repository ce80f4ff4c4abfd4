/** The table of docs/people.md that says what each role may do is written from the roles. */
import { test } from 'node:test'
import { isForInstallation, isForPeopleOnly, needsStepUp, permissionsOf } from '../../src/identity/roles.ts'
import { PERMISSIONS, type Permission, ROLES, type Role } from '../../src/identity/types.ts'
import { checkGeneratedPart } from './generated.ts'

function may(role: Role, permission: Permission): string {
  const [within, everywhere] = [false, true].map(installation => permissionsOf(role, installation).has(permission))
  if (everywhere !== true) return ''
  const word = needsStepUp(permission) ? 'again' : 'yes'
  return within === true ? word : `${word}, machine`
}

function forKeys(permission: Permission): string {
  if (isForPeopleOnly(permission)) return 'no'
  return isForInstallation(permission) ? 'of the installation' : 'yes'
}

test('docs/people.md says what each role may do', () => {
  const rows = PERMISSIONS.map(permission =>
    ['', `\`${permission}\``, ...ROLES.map(role => may(role, permission)), forKeys(permission), ''].join(' | ').trim(),
  )
  const header = `| | ${ROLES.join(' | ')} | keys |`
  const line = `|${'---|'.repeat(ROLES.length + 2)}`
  checkGeneratedPart('docs/people.md', 'permissions', [header, line, ...rows].join('\n'))
})
