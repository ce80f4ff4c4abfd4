import type { Role } from '../../api/types.ts'

export const ROLES: readonly { readonly value: Role; readonly label: string; readonly meaning: string }[] = [
  { value: 'owner', label: 'Owner', meaning: 'Everything, and the only one who makes owners.' },
  { value: 'administrator', label: 'Administrator', meaning: 'Everything but owners and organisations.' },
  {
    value: 'security',
    label: 'Security',
    meaning: 'Reads all, decides on alerts and on the firewall; no routes, no caps.',
  },
  { value: 'helpdesk', label: 'Helpdesk', meaning: 'Extensions and phones; no routes, no caps, no log.' },
  { value: 'auditor', label: 'Auditor', meaning: 'Reads all, exports the log, changes nothing.' },
  { value: 'user', label: 'User', meaning: 'Their own extension only.' },
]

export function roleName(role: Role): string {
  return ROLES.find(each => each.value === role)?.label ?? role
}
