/** The frame of every page: where one is, what there is, and whether the connection holds. */
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { LogOut, type LucideIcon, Menu, Monitor, Moon, Sun, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Session } from './api/types.ts'
import { Button } from './components/button.tsx'
import { useNow } from './components/format.tsx'
import { Badge, Empty, Loading, Notice } from './components/parts.tsx'
import { OrganisationChoice } from './organisation-choice.tsx'
import { OWN, PLACES, type Place, placeOf } from './places.ts'
import { roleName } from './pages/people/roles.ts'
import { useSession } from './session.tsx'
import { Go } from './go.tsx'
import { ToSignIn } from './to-sign-in.tsx'
import { chosenTheme, setTheme, type Theme } from './theme.ts'

const WARNED_MS = 120_000
/** Of `ringfence demo` alone. */
const DEMO_DOMAIN = 'demo.internal'

export function Layout() {
  const { session, left, may, online } = useSession()
  const { pathname, searchStr } = useLocation()
  if (session === undefined) {
    return (
      <main className="grid min-h-dvh place-content-center">
        <Loading what={online ? 'Asking who you are' : 'Waiting for the phone system'} />
      </main>
    )
  }
  if (session === null) return <ToSignIn from={left === 'signed-out' ? undefined : pathname + searchStr} />
  if (session.mustEnrol && pathname !== '/security') return <Go to="/security" />
  const own = may('own:read') && session.person.extension !== null
  if (pathname === '/' && !may('status:read')) return <Go to={own ? '/me' : '/security'} />
  const place = placeOf(pathname)
  const isOpen = place === undefined || place.permission === '' || may(place.permission)
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15.5rem_1fr]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:rounded focus:bg-surface focus:p-2"
      >
        To the content
      </a>
      <Navigation session={session} own={own} pathname={pathname} />
      <Content title={place?.label ?? 'Phones'} pathname={pathname} session={session}>
        {isOpen ? (
          <Outlet />
        ) : (
          <Empty title="This page is not for your role">
            You are signed in as {roleName(session.person.role).toLowerCase()}. Who manages people here can change that.
          </Empty>
        )}
      </Content>
    </div>
  )
}

/** A new page has a new title, and the keyboard goes on at its beginning. */
function Content(props: {
  readonly title: string
  readonly pathname: string
  readonly session: Session
  readonly children: React.ReactNode
}) {
  const { title, pathname, session, children } = props
  const { online, stay } = useSession()
  const main = useRef<HTMLElement>(null)
  const shown = useRef(pathname)
  const now = useNow(15_000)
  const { name } = session.organisation
  useEffect(() => {
    document.title = `${title} – ${name}`
  }, [title, name])
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  const soon = Math.min(session.idleUntil, session.until) - now
  return (
    <main
      ref={main}
      id="content"
      tabIndex={-1}
      className="mx-auto w-full max-w-7xl min-w-0 px-4 py-6 outline-none md:px-8 md:py-8"
    >
      {session.organisation.domain === DEMO_DOMAIN && (
        <p className="mb-4">
          <Badge tone="accent">DEMO</Badge>{' '}
          <span className="text-sm text-muted">An invented office: nobody here is real.</span>
        </p>
      )}
      <div role="status" className="no-print grid gap-3 not-empty:mb-4">
        {!online && (
          <Notice tone="warn">
            The connection to the phone system is lost. This page goes on by itself when it is back; what you typed
            stays.
          </Notice>
        )}
        {online && soon < WARNED_MS && session.until > session.idleUntil && (
          <Notice tone="warn">
            <span className="flex flex-wrap items-center gap-3">
              Nobody did anything here for a while: you are signed out soon.
              <Button small onClick={stay}>
                I am still here
              </Button>
            </span>
          </Notice>
        )}
        {online && soon < WARNED_MS && session.until <= session.idleUntil && (
          <Notice tone="warn">You have been signed in for twelve hours, and have to sign in again soon.</Notice>
        )}
      </div>
      {children}
    </main>
  )
}

function Navigation({
  session,
  own,
  pathname,
}: {
  readonly session: Session
  readonly own: boolean
  readonly pathname: string
}) {
  const { may, signOut } = useSession()
  const [open, setOpen] = useState(false)
  const places = PLACES.filter(each => may(each.permission))
  const ownPlaces = OWN.filter(each => each.to !== '/me' || own)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when a page was chosen
  useEffect(() => setOpen(false), [pathname])
  useEffect(() => {
    if (!open) return
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setOpen(false)
    }
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [open])
  return (
    <>
      <header className="bar sticky top-0 z-30 flex h-14 items-center justify-between border-b bg-surface px-4 md:hidden">
        <span className="flex min-w-0 items-center gap-2">
          <img src="/icon.svg" alt="" className="size-6" />
          <span className="truncate font-semibold">{session.organisation.name}</span>
        </span>
        <button
          type="button"
          className="-mr-2 grid size-10 place-content-center rounded"
          aria-label={open ? 'Close the menu' : 'Open the menu'}
          aria-expanded={open}
          aria-controls="pages"
          onClick={() => setOpen(!open)}
        >
          {open ? <X size={20} aria-hidden /> : <Menu size={20} aria-hidden />}
        </button>
      </header>
      <div className="md:border-r md:bg-surface">
        <nav
          id="pages"
          aria-label="Pages"
          className={`${open ? 'grid' : 'hidden'} z-20 content-between gap-6 bg-surface p-3 max-md:fixed max-md:inset-x-0 max-md:top-14 max-md:bottom-0 max-md:overflow-y-auto md:sticky md:top-0 md:grid md:h-dvh md:overflow-y-auto`}
        >
          <div className="grid gap-0.5">
            <div className="flex items-center gap-2 px-3 pt-2 pb-4 max-md:hidden">
              <img src="/icon.svg" alt="" className="size-7" />
              <span className="truncate font-semibold" title={session.organisation.name}>
                {session.organisation.name}
              </span>
            </div>
            {session.installation && may('organisations:read') && <OrganisationChoice />}
            {places.map(each => (
              <NavLink key={each.to} place={each} />
            ))}
            {places.length === 0 && ownPlaces.map(each => <NavLink key={each.to} place={each} />)}
          </div>
          <div className="grid gap-0.5">
            {places.length > 0 && ownPlaces.map(each => <NavLink key={each.to} place={each} />)}
            <div className="mt-2 flex items-center justify-between gap-2 border-t px-3 pt-3">
              <div className="min-w-0">
                <p className="truncate text-sm font-medium">{session.person.name}</p>
                <p className="truncate text-xs text-muted">{roleName(session.person.role)}</p>
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
      </div>
    </>
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
      <Icon size={18} className="shrink-0" aria-hidden /> {label}
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
