/** Where the log goes: read and tried here, named and removed at the machine only, since whoever names one reads everything. */
import { type ApiRoute, operationRoute } from '../route.ts'

export const EXPORT_ROUTES: readonly ApiRoute[] = [
  operationRoute({
    method: 'GET',
    path: '/exports',
    operation: 'exportList',
    access: 'firewall:read',
    tag: 'Log',
    page: (item: { readonly name: string }) => item.name,
    summary: 'Exports of the log, and how each does',
  }),
  operationRoute({
    method: 'GET',
    path: '/exports/{name}',
    operation: 'exportList',
    access: 'firewall:read',
    tag: 'Log',
    pick: 'first',
    summary: 'One export',
  }),
  operationRoute({
    method: 'POST',
    path: '/exports/{name}/test',
    operation: 'exportTest',
    access: 'alerts:write',
    tag: 'Log',
    summary: 'Send one event there now',
  }),
]
