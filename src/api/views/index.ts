/** What each operation that the HTTP door offers answers, as schemas: for its documentation, and for whoever generates a client. */
import type { z } from 'zod'
import type { OperationResult, Operations } from '../operations.ts'
import { ALERT_VIEWS } from './alert-views.ts'
import { DETECTION_VIEWS } from './detection-views.ts'
import { SEARCH_VIEWS } from './search-views.ts'
import { TRACE_VIEWS } from './trace-views.ts'
import { DIRECTORY_VIEWS } from './directory-views.ts'
import { EXPORT_VIEWS } from './export-views.ts'
import { FIREWALL_VIEWS } from './firewall-views.ts'
import { FRAUD_VIEWS } from './fraud-views.ts'
import { OUTSIDE_VIEWS } from './outside-views.ts'

export const VIEW_SCHEMAS = {
  ...DIRECTORY_VIEWS,
  ...OUTSIDE_VIEWS,
  ...FRAUD_VIEWS,
  ...FIREWALL_VIEWS,
  ...DETECTION_VIEWS,
  ...TRACE_VIEWS,
  ...ALERT_VIEWS,
  ...SEARCH_VIEWS,
  ...EXPORT_VIEWS,
} as const

/** Operations that have a route. */
export type OfferedOperation = keyof typeof VIEW_SCHEMAS & keyof Operations

type Answer<N extends keyof Operations> =
  Awaited<ReturnType<Operations[N]>> extends OperationResult<infer V> ? V : never

/** As it looks once it was sent. */
type Sent<T> = T extends readonly (infer E)[]
  ? Sent<E>[]
  : T extends string
    ? T
    : T extends object
      ? { -readonly [K in keyof T]: Sent<T[K]> }
      : T

type Compared = { [N in OfferedOperation]: Sent<Answer<N>> extends z.input<(typeof VIEW_SCHEMAS)[N]> ? true : N }
type Nothing<T extends never> = T
/** Fails to compile where a schema does not take what its operation answers. */
export type Mismatch = Nothing<Exclude<Compared[OfferedOperation], true>>
