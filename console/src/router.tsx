/** Which page is where. Pages are loaded when they are asked for. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { Layout } from './layout.tsx'
import { Loading } from './components/parts.tsx'

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
    page('/firewall', () => import('./pages/firewall/index.tsx')),
    page('/log', () => import('./pages/log/index.tsx')),
    page('/people', () => import('./pages/people/index.tsx')),
    page('/settings', () => import('./pages/settings/index.tsx')),
    page('/report', () => import('./pages/report/index.tsx')),
    page('/security', () => import('./pages/security/index.tsx')),
    page('/me', () => import('./pages/me/index.tsx')),
  ]),
])

export const router = createRouter({ routeTree: tree, defaultPreload: 'intent', scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
