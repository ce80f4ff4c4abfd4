/** Least privilege: what each role may do, and what wants a second factor that is fresh. */
import { PERMISSIONS, type Permission, type Role } from './types.ts'

const READS: readonly Permission[] = [
  'status:read',
  'extensions:read',
  'trunks:read',
  'calling:read',
  'calls:read',
  'fraud:read',
  'firewall:read',
  'log:read',
  'people:read',
  'organisations:read',
]

const OWN: readonly Permission[] = ['own:read', 'own:write']

const ROLE_PERMISSIONS: { readonly [R in Role]: ReadonlySet<Permission> } = {
  owner: new Set(PERMISSIONS),
  administrator: new Set(PERMISSIONS.filter(each => each !== 'organisations:write')),
  security: new Set([...READS, ...OWN, 'fraud:decide', 'firewall:write', 'log:export']),
  helpdesk: new Set([...OWN, 'status:read', 'extensions:read', 'extensions:write', 'calls:read', 'calling:read']),
  auditor: new Set([...READS, ...OWN, 'log:export']),
  user: new Set(OWN),
}

/** Secrets, routes abroad, caps, exports, new administrators: the second factor was given within the last minutes. */
const STEP_UP: ReadonlySet<Permission> = new Set([
  'trunks:write',
  'calling:write',
  'fraud:write',
  'log:export',
  'people:write',
  'api-keys:write',
  'organisations:write',
  'system:write',
])

/** Never given to a program: whoever holds such a key could make themselves an owner. */
const PEOPLE_ONLY: ReadonlySet<Permission> = new Set([
  'people:write',
  'api-keys:write',
  'organisations:write',
  'own:read',
  'own:write',
])

/** What concerns the whole machine, and so every organisation on it. */
const OF_THE_INSTALLATION: ReadonlySet<Permission> = new Set([
  'firewall:read',
  'firewall:write',
  'alerts:write',
  'organisations:read',
  'organisations:write',
  'system:write',
])

/** `installation`: of the whole of it, not of one organisation. */
export function permissionsOf(role: Role, installation: boolean): ReadonlySet<Permission> {
  return installation ? ROLE_PERMISSIONS[role] : WITHIN_ORGANISATION[role]
}

export function isForInstallation(permission: Permission): boolean {
  return OF_THE_INSTALLATION.has(permission)
}

const within = (role: Role): ReadonlySet<Permission> =>
  new Set([...ROLE_PERMISSIONS[role]].filter(permission => !OF_THE_INSTALLATION.has(permission)))

const WITHIN_ORGANISATION: { readonly [R in Role]: ReadonlySet<Permission> } = {
  owner: within('owner'),
  administrator: within('administrator'),
  security: within('security'),
  helpdesk: within('helpdesk'),
  auditor: within('auditor'),
  user: within('user'),
}

export function needsStepUp(permission: Permission): boolean {
  return STEP_UP.has(permission)
}

export function isForPeopleOnly(permission: Permission): boolean {
  return PEOPLE_ONLY.has(permission)
}

/** Nobody gives more than they have: an administrator makes no owner. */
export function mayGive(giver: Role | 'machine', role: Role): boolean {
  if (giver === 'machine' || giver === 'owner') return true
  return giver === 'administrator' && role !== 'owner'
}
