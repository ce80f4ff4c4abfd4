/** What people are told, and the ways to tell it. */
import type { Result } from '../base/result.ts'

/** `critical` is never held back. */
export type Urgency = 'warning' | 'error' | 'critical'

/** The one link of a message. */
export interface UndoLink {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** One thing that happened, in words for somebody who knows nothing of telephony. */
export interface Notice {
  /** Of the event; whoever gets it twice knows it by this. */
  readonly id: string
  /** Of the event, or `alert.test`. */
  readonly type: string
  readonly at: number
  readonly urgency: Urgency
  /** What is told together: at most one message a minute for each. */
  readonly group: string
  readonly title: string
  readonly happened: string
  readonly who: string
  /** What it cost so far; undefined: not about money, or not known. */
  readonly cost: string | undefined
  readonly prevented: string | undefined
  readonly done: string
  /** What whoever reads it may do, beside the link. */
  readonly advice: string | undefined
  readonly undo: UndoLink | undefined
  /** Where somebody who signs in says that they see to it. */
  readonly page?: string
  /** Rule, evidence, ids: for whoever looks closer. */
  readonly details: Readonly<Record<string, string>>
}

export interface AlertMessage {
  readonly notice: Notice
  /** How often the same happened since the message before, beside this one. */
  readonly more: number
}

export interface SendFailure {
  /** It may go better later. */
  readonly temporary: boolean
  readonly detail: string
}

export interface Channel {
  /** `mail owner@example.com`, `webhook hooks.example.com`: without any secret. */
  readonly name: string
  send(message: AlertMessage): Promise<Result<undefined, SendFailure>>
  close(): void
}
