/** Messages as signed HTTPS requests (Standard Webhooks). */
import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { signWebhook } from '../base/standard-webhooks.ts'
import { createPost, type PostOptions } from './post.ts'
import type { AlertMessage, Channel } from './types.ts'

export interface WebhookOptions extends PostOptions {
  readonly secret: Secret
  readonly clock: Pick<Clock, 'now'>
}

export function createWebhookChannel(options: WebhookOptions): Channel {
  const { secret, clock } = options
  const post = createPost(options)
  return {
    name: `webhook ${post.host}`,
    send(message) {
      const body = JSON.stringify(payloadOf(message))
      return post.send(body, { ...signWebhook(`msg_${message.notice.id}`, clock.now(), body, secret) })
    },
    close: () => post.close(),
  }
}

/** `{ type, timestamp, data }`, as the specification asks; money and times as in the log of events. */
export function payloadOf({ notice, more }: AlertMessage): object {
  const { id, type, at, urgency, title, happened, who, cost, prevented, done, advice, undo, page, details } = notice
  return {
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      id,
      urgency,
      title,
      happened,
      who,
      cost: cost ?? null,
      prevented: prevented ?? null,
      done,
      advice: advice ?? null,
      more,
      undo: undo === undefined ? null : { url: undo.url, until: new Date(undo.until).toISOString() },
      page: page ?? null,
      details,
    },
  }
}
