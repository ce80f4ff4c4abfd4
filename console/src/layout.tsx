/** The frame of every page: where one is, what there is, and whether the connection holds. */
import { Link, Navigate, Outlet, useLocation } from '@tanstack/react-router'
import {
  Banknote,
  FileText,
  Gauge,
  KeyRound,
  LogOut,
  type LucideIcon,
  Menu,
  Monitor,
  Moon,
  PhoneCall,
  Radio,
  ScrollText,
  Settings,
  ShieldCheck,
  Smartphone,
  Sun,
  UserRound,
  Users,
  X,
} from 'lucide-react'
import { useEffect, useState } from 'react'
import { Loading, Notice } from './components/parts.tsx'
import { useSession } from './session.tsx'
import { chosenTheme, setTheme, type Theme } from './theme.ts'

interface Place {
  readonly to: string
  readonly label: string
  readonly icon: LucideIcon
  readonly permission: string
}

const PLACES: readonly Place[] = [
  { to: '/', label: 'Overview', icon: Gauge, permission: 'status:read' },
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

const OWN: readonly Place[] = [
  { to: '/me', label: 'My phone', icon: UserRound, permission: 'own:read' },
  { to: '/security', label: 'My sign-in', icon: KeyRound, permission: '' },
]

export function Layout() {
  const { session, may, signOut, online } = useSession()
  const { pathname, searchStr } = useLocation()
  const [open, setOpen] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when a page was chosen
  useEffect(() => setOpen(false), [pathname])

  if (session === undefined) {
    return (
      <main className="grid min-h-dvh place-content-center">
        <Loading what={online ? 'Asking who you are' : 'Waiting for the phone system'} />
      </main>
    )
  }
  if (session === null) return <Navigate to="/sign-in" search={{ from: pathname + searchStr } as never} replace />
  if (session.mustEnrol && pathname !== '/security') return <Navigate to="/security" replace />
  const own = may('own:read') && session.person.extension !== null
  const places = PLACES.filter(place => may(place.permission))
  if (pathname === '/' && !may('status:read')) return <Navigate to={own ? '/me' : '/security'} replace />
  const ownPlaces = OWN.filter(place => (place.to === '/me' ? own : true))
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15rem_1fr]">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-2">
        To the content
      </a>
      <header className="bar sticky top-0 z-30 flex items-center justify-between border-b bg-surface px-4 py-2 md:hidden">
        <span className="font-semibold">{session.organisation.name}</span>
        <button
          type="button"
          className="rounded p-2"
          aria-label={open ? 'Close the menu' : 'Open the menu'}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? <X size={20} aria-hidden /> : <Menu size={20} aria-hidden />}
        </button>
      </header>
      <nav
        aria-label="Pages"
        className={`${open ? 'grid' : 'hidden'} z-20 content-between gap-6 border-r bg-surface p-3 max-md:fixed max-md:inset-x-0 max-md:top-[49px] max-md:bottom-0 max-md:overflow-y-auto md:sticky md:top-0 md:grid md:h-dvh md:overflow-y-auto`}
      >
        <div className="grid gap-1">
          <div className="flex items-center gap-2 px-3 pt-2 pb-4 max-md:hidden">
            <img src="/icon.svg" alt="" className="size-7" />
            <span className="truncate font-semibold">{session.organisation.name}</span>
          </div>
          {places.map(place => (
            <NavLink key={place.to} place={place} />
          ))}
        </div>
        <div className="grid gap-1">
          {ownPlaces.map(place => (
            <NavLink key={place.to} place={place} />
          ))}
          <div className="flex items-center justify-between gap-2 border-t px-3 pt-3">
            <div className="min-w-0">
              <p className="truncate text-sm font-medium">{session.person.name}</p>
              <p className="truncate text-xs text-muted">{session.person.role}</p>
            </div>
            <div className="flex">
              <ThemeButton />
              <button
                type="button"
                className="rounded p-2 text-muted hover:text-ink"
                aria-label="Sign out"
                title="Sign out"
                onClick={() => void signOut()}
              >
                <LogOut size={18} aria-hidden />
              </button>
            </div>
          </div>
        </div>
      </nav>
      <main id="content" className="mx-auto w-full max-w-6xl min-w-0 px-4 py-6 md:px-8 md:py-8">
        {!online && (
          <div className="mb-4">
            <Notice tone="warn">
              The connection to the phone system is lost. This page goes on by itself when it is back; what you typed
              stays.
            </Notice>
          </div>
        )}
        <Outlet />
      </main>
    </div>
  )
}

function NavLink({ place: { to, label, icon: Icon } }: { readonly place: Place }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === '/' }}
      className="flex items-center gap-3 rounded-lg px-3 py-2 text-muted hover:bg-accent-soft hover:text-ink"
      activeProps={{ className: 'bg-accent-soft !text-accent font-medium', 'aria-current': 'page' }}
    >
      <Icon size={18} aria-hidden /> {label}
    </Link>
  )
}

const THEMES: Readonly<Record<Theme, { readonly next: Theme; readonly icon: LucideIcon; readonly label: string }>> = {
  system: { next: 'light', icon: Monitor, label: 'Colours as the system has them' },
  light: { next: 'dark', icon: Sun, label: 'Light colours' },
  dark: { next: 'system', icon: Moon, label: 'Dark colours' },
}

function ThemeButton() {
  const [theme, choose] = useState(chosenTheme)
  const { next, icon: Icon, label } = THEMES[theme]
  return (
    <button
      type="button"
      className="rounded p-2 text-muted hover:text-ink"
      aria-label={`${label}; change`}
      title={label}
      onClick={() => {
        setTheme(next)
        choose(next)
      }}
    >
      <Icon size={18} aria-hidden />
    </button>
  )
}
