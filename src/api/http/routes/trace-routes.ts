/** The signalling of a call. */
import { type ApiRoute, operationRoute } from '../route.ts'

export const TRACE_ROUTES: readonly ApiRoute[] = [
  operationRoute({
    method: 'GET',
    path: '/calls/{id}/quality',
    operation: 'callQuality',
    access: 'calls:read',
    tag: 'Calls',
    summary: 'How both sides of a call sounded, from its beginning to its end',
  }),
  operationRoute({
    method: 'GET',
    path: '/calls/{id}/messages',
    operation: 'callMessages',
    access: 'calls:read',
    tag: 'Calls',
    summary: 'The SIP messages of a call, without what is secret',
  }),
]
