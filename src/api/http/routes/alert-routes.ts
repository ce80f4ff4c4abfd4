/** Alerts: what people were told of, and who saw to it. */
import { z } from 'zod'
import { MAXIMUM_ALERTS } from '../../alert-operations.ts'
import { type ApiRoute, operationRoute } from '../route.ts'

export const ALERT_ROUTES: readonly ApiRoute[] = [
  operationRoute({
    method: 'GET',
    path: '/alerts',
    operation: 'alertList',
    access: 'log:read',
    tag: 'Alerts',
    page: (item: { readonly id: string }) => item.id,
    order: 'as-given',
    fixed: { limit: MAXIMUM_ALERTS },
    query: { all: z.boolean().default(false).describe('those too that nobody has to see to any more') },
    summary: 'What people were told of, the newest first',
  }),
  operationRoute({
    method: 'GET',
    path: '/alerts/{id}',
    operation: 'alertShow',
    access: 'log:read',
    tag: 'Alerts',
    summary: 'One alert',
  }),
  operationRoute({
    method: 'POST',
    path: '/alerts/{id}/acknowledge',
    operation: 'alertAcknowledge',
    access: 'fraud:decide',
    tag: 'Alerts',
    summary: 'See to an alert: nobody else is told',
  }),
  operationRoute({
    method: 'POST',
    path: '/alerts/test',
    operation: 'alertTest',
    access: 'alerts:write',
    tag: 'Alerts',
    summary: 'Send a test to every channel',
  }),
]
