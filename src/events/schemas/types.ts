/** A schema for each field of each event: a field without one, or one without a field, does not compile. */
import type { z } from 'zod'
import type { EventPayloads, EventType } from '../catalogue.ts'

/** What may be undefined may also be absent: so it is in JSON. */
type Loose<T> = T extends readonly (infer U)[]
  ? readonly Loose<U>[]
  : T extends object
    ? { readonly [K in keyof T as undefined extends T[K] ? K : never]?: Loose<T[K]> | undefined } & {
        readonly [K in keyof T as undefined extends T[K] ? never : K]: Loose<T[K]>
      }
    : T

export type Shapes = {
  readonly [T in EventType]: {
    readonly [K in keyof EventPayloads[T]]-?: z.ZodType<Loose<EventPayloads[T][K]>>
  }
}
