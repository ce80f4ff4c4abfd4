/** What the interface answers: as in its OpenAPI document (`/api/openapi.json`). */

export type * from './log-types.ts'
export type * from './people-types.ts'
export type * from './phone-types.ts'
export type * from './security-types.ts'
