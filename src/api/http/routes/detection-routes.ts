/** Detections: the rules, trying rules, and what they would have found. */
import { type ApiRoute, operationRoute } from '../route.ts'

const MEGABYTE = 1_048_576

export const DETECTION_ROUTES: readonly ApiRoute[] = [
  operationRoute({
    method: 'GET',
    path: '/detections',
    operation: 'detectionsList',
    access: 'log:read',
    tag: 'Detections',
    page: (item: { readonly id: string }) => item.id,
    summary: 'Rules that look at the log',
  }),
  operationRoute({
    method: 'GET',
    path: '/detections/status',
    operation: 'detectionsStatus',
    access: 'firewall:read',
    tag: 'Detections',
    summary: 'How detections do, and which files cannot be used',
  }),
  operationRoute({
    method: 'GET',
    path: '/detections/{id}',
    operation: 'detectionsList',
    access: 'log:read',
    tag: 'Detections',
    pick: 'first',
    summary: 'One rule',
  }),
  operationRoute({
    method: 'POST',
    path: '/detections/test',
    operation: 'detectionsTest',
    access: 'log:read',
    tag: 'Detections',
    bodyLimit: MEGABYTE,
    summary: 'Try rules on their own streams; nothing of it stays',
  }),
  operationRoute({
    method: 'POST',
    path: '/detections/run',
    operation: 'detectionsRun',
    access: 'log:read',
    tag: 'Detections',
    bodyLimit: MEGABYTE,
    summary: 'What rules would have found in the past; at most 500,000 events or 20 seconds at a time',
  }),
]
