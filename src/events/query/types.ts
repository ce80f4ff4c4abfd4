/** A question to the log: which events, of which time, listed or counted. Grammar and fields: docs/query.md. */

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~'

export type Filter =
  | { readonly kind: 'all'; readonly of: readonly Filter[] }
  | { readonly kind: 'any'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly comparison: Comparison
      readonly values: readonly string[]
    }
  /** Anywhere in the event, ignoring case. */
  | { readonly kind: 'text'; readonly text: string }

/** A time as written: absolute, or so many milliseconds before now. */
export type Moment = { readonly at: number } | { readonly ago: number }

export interface Counting {
  /** Fields whose values make the groups; none: one number. */
  readonly by: readonly string[]
  /** Milliseconds of each step of time; undefined: all of it as one. */
  readonly per: number | undefined
  /** Groups at most, the largest first. */
  readonly top: number
}

export interface Query {
  /** Everything, where there is nothing in `of`. */
  readonly filter: Filter
  readonly since: Moment | undefined
  readonly until: Moment | undefined
  readonly counting: Counting | undefined
}

/** Where the text cannot be read, and what would be read there. */
export interface QueryFault {
  /** Characters from the start. */
  readonly position: number
  readonly found: string
  readonly expected: string
  readonly message: string
}
