/** Which page is where. Pages are loaded when they are asked for. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { messageOf } from './api/client.ts'
import { Button } from './components/button.tsx'
import { Loading } from './components/parts.tsx'
import { Layout } from './layout.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: () => <NotFound /> })

function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center gap-2 text-center">
      <h1>There is no such page</h1>
      <a className="text-accent underline" href="/">
        To the overview
      </a>
    </main>
  )
}

/** A page that broke; the others still work. */
function Broken({ error }: { readonly error: unknown }) {
  return (
    <div role="alert" className="grid justify-items-start gap-3 py-10">
      <h1>This page broke</h1>
      <p className="text-muted">
        That is a mistake of ours. Nothing was changed by it; phones and calls go on. Load the page again:
      </p>
      <Button kind="primary" onClick={() => location.reload()}>
        Load again
      </Button>
      <p className="font-mono text-sm text-muted">{messageOf(error)}</p>
    </div>
  )
}

const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Layout })

const page = <const P extends string>(path: P, load: () => Promise<{ readonly default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => inside, path, component: lazyRouteComponent(load), pendingComponent: Loading })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/sign-in/index.tsx')),
})
const enrol = createRoute({
  getParentRoute: () => root,
  path: '/enrol',
  component: lazyRouteComponent(() => import('./pages/enrol/index.tsx')),
})

const tree = root.addChildren([
  signIn,
  enrol,
  inside.addChildren([
    page('/', () => import('./pages/overview/index.tsx')),
    page('/calls', () => import('./pages/calls/index.tsx')),
    page('/calls/$id', () => import('./pages/calls/one.tsx')),
    page('/extensions', () => import('./pages/extensions/index.tsx')),
    page('/extensions/$number', () => import('./pages/extensions/one.tsx')),
    page('/trunks', () => import('./pages/trunks/index.tsx')),
    page('/fraud', () => import('./pages/fraud/index.tsx')),
    page('/alerts', () => import('./pages/alerts/index.tsx')),
    page('/firewall', () => import('./pages/firewall/index.tsx')),
    page('/log', () => import('./pages/log/index.tsx')),
    page('/people', () => import('./pages/people/index.tsx')),
    page('/settings', () => import('./pages/settings/index.tsx')),
    page('/report', () => import('./pages/report/index.tsx')),
    page('/security', () => import('./pages/security/index.tsx')),
    page('/me', () => import('./pages/me/index.tsx')),
  ]),
])

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: Broken,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
