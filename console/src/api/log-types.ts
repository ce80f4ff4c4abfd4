/** The log, what people are told of, and questions that are kept. */

export interface LoggedEvent {
  readonly position: number
  readonly event: {
    readonly id: string
    readonly type: string
    readonly at: number
    readonly severity: 'info' | 'notice' | 'warning' | 'error' | 'critical'
    readonly organisationId?: string
    readonly data: Readonly<Record<string, unknown>>
  }
}

/** What people were told of. */
export interface AlertView {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly urgency: 'warning' | 'error' | 'critical'
  readonly title: string
  readonly happened: string
  readonly who: string
  readonly done: string
  readonly advice: string | null
  readonly details: Readonly<Record<string, string>>
  readonly state: 'open' | 'acknowledged' | 'decided' | 'told'
  readonly answeredAt: number | null
  readonly answeredBy: string | null
  readonly comment: string | null
  readonly escalatedAt: number | null
  readonly sent: readonly string[]
}

/** A question to the log that is kept by name. */
export interface SavedSearch {
  readonly name: string
  readonly q: string
  readonly tell: { readonly more: number; readonly minutes: number } | null
  readonly changedAt: number
  readonly changedBy: string
}

export interface LogCounts {
  readonly by: readonly string[]
  readonly groups: readonly { readonly values: readonly string[]; readonly at: number | null; readonly count: number }[]
  readonly total: number
  readonly partial: boolean
}
