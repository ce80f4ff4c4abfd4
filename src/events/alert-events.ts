import type { Actor } from './system-events.ts'

/** Events of alerts. They are told to nobody but the log: an alert about alerts would go the same way. */
export interface AlertEvents {
  /** A channel took a message. `about`: the event that it tells of; `more`: how many like it were counted with it. */
  'alert.sent': {
    readonly channel: string
    readonly about: string
    readonly title: string
    readonly more: number
    readonly attempts: number
  }
  /** It was refused for good, tried for too long, or there was no room. */
  'alert.failed': {
    readonly channel: string
    readonly about: string
    readonly title: string
    readonly attempts: number
    readonly detail: string
  }
  /** Somebody saw to it. `about`: the event that people were told of. */
  'alert.acknowledged': {
    readonly actor: Actor
    readonly about: string
    readonly title: string
    /** Empty: nothing was said. */
    readonly comment: string
  }
  /** Nobody did, in so many minutes: others were told. `also`: how many more with it. */
  'alert.escalated': {
    readonly about: string
    readonly title: string
    readonly minutes: number
    readonly also: readonly string[]
  }
}
