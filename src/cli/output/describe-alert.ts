/** Events of alerts as sentences. */
import type { AlertEvents } from '../../events/alert-events.ts'
import type { EventPayloads } from '../../events/catalogue.ts'

type Describers = { readonly [T in keyof AlertEvents]: (data: EventPayloads[T]) => string }

export const ALERTS: Describers = {
  'alert.sent': ({ channel, title, more }) => `${channel}: ${title}${more === 0 ? '' : `, and ${more} more`}`,
  'alert.failed': ({ channel, title, attempts, detail }) =>
    `${channel}: ${title}: ${detail}; given up after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
  'alert.acknowledged': ({ actor, title, comment }) =>
    `${actor.name} saw to it: ${title}${comment === '' ? '' : `: ${comment}`}`,
  'alert.escalated': ({ title, minutes, also }) =>
    `nobody saw to it in ${minutes} minutes, others were told: ${title}${also.length === 0 ? '' : `, and ${also.length} more`}`,
}
