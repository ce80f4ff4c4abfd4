/** What pages there are, and who may see each. */
import {
  Banknote,
  Bell,
  FileText,
  Gauge,
  KeyRound,
  type LucideIcon,
  PhoneCall,
  Radio,
  ScrollText,
  Settings,
  ShieldCheck,
  Smartphone,
  UserRound,
  Users,
} from 'lucide-react'

export interface Place {
  readonly to: string
  readonly label: string
  readonly icon: LucideIcon
  /** '': everybody who is signed in. */
  readonly permission: string
}

export const PLACES: readonly Place[] = [
  { to: '/', label: 'Overview', icon: Gauge, permission: 'status:read' },
  { to: '/alerts', label: 'Alerts', icon: Bell, permission: 'log:read' },
  { to: '/calls', label: 'Calls', icon: PhoneCall, permission: 'calls:read' },
  { to: '/extensions', label: 'Extensions', icon: Smartphone, permission: 'extensions:read' },
  { to: '/trunks', label: 'Trunks and numbers', icon: Radio, permission: 'trunks:read' },
  { to: '/fraud', label: 'Fraud', icon: Banknote, permission: 'fraud:read' },
  { to: '/firewall', label: 'Firewall', icon: ShieldCheck, permission: 'firewall:read' },
  { to: '/log', label: 'Log', icon: ScrollText, permission: 'log:read' },
  { to: '/people', label: 'People', icon: Users, permission: 'people:read' },
  { to: '/settings', label: 'Settings', icon: Settings, permission: 'calling:read' },
  { to: '/report', label: 'Security report', icon: FileText, permission: 'fraud:read' },
]

export const OWN: readonly Place[] = [
  { to: '/me', label: 'My phone', icon: UserRound, permission: 'own:read' },
  { to: '/security', label: 'My sign-in', icon: KeyRound, permission: '' },
]

/** `/extensions/101` belongs to Extensions. */
export function placeOf(pathname: string): Place | undefined {
  return [...PLACES, ...OWN].find(({ to }) => pathname === to || (to !== '/' && pathname.startsWith(`${to}/`)))
}
