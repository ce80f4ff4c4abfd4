/** Questions to the log that are kept by name. */
import { type ApiRoute, operationRoute } from '../route.ts'

export const SEARCH_ROUTES: readonly ApiRoute[] = [
  operationRoute({
    method: 'GET',
    path: '/searches',
    operation: 'searchList',
    access: 'log:read',
    tag: 'Log',
    page: (item: { readonly name: string }) => item.name,
    summary: 'Saved searches',
  }),
  operationRoute({
    method: 'GET',
    path: '/searches/{name}',
    operation: 'searchList',
    access: 'log:read',
    tag: 'Log',
    pick: 'first',
    summary: 'One saved search',
  }),
  operationRoute({
    method: 'POST',
    path: '/searches',
    operation: 'searchSave',
    access: 'fraud:decide',
    tag: 'Log',
    summary:
      'Save a search, in place of the one of that name; with `tell`, people are told when more events answer in so many minutes',
  }),
  operationRoute({
    method: 'DELETE',
    path: '/searches/{name}',
    operation: 'searchRemove',
    access: 'fraud:decide',
    tag: 'Log',
    summary: 'Remove a saved search',
  }),
]
