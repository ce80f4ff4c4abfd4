/** Alerts of the running system: which channels there are, what they know, and the way back behind their link. */
import { readFileSync } from 'node:fs'
import { type AlertService, createAlertService } from '../alert/alert-service.ts'
import { createMailChannel } from '../alert/mail.ts'
import { parseWebhookSecret } from '../base/standard-webhooks.ts'
import type { AlertMessage, Channel } from '../alert/types.ts'
import { createUndoLinks } from '../alert/undo/undo-links.ts'
import { createUndoRoute, type Route } from '../alert/undo/undo-route.ts'
import { createWebhookChannel } from '../alert/webhook.ts'
import type { AlertConfiguration } from '../config/alert-schema.ts'
import { KeysError } from '../keys/errors.ts'
import { isPublicAddress } from '../stir/public-address.ts'
import { reachableAddress, uriHost } from './addresses.ts'
import { catchUp } from './alert-catch-up.ts'
import { createAlertFacts } from './alert-facts.ts'
import type { Core } from './core.ts'
import { undoDecision } from './fraud-undo.ts'
import { payerNames } from './fraud-views.ts'
import { readSecretFile } from './secret-file.ts'

export interface RunningAlerts {
  readonly service: AlertService
  /** For the HTTPS listeners. */
  readonly route: Route
  /** The port that the listeners took, for links. */
  listening(port: number): void
  /** Tells what a crash kept from being told. Once links can be followed. */
  catchUp(): Promise<void>
  stop(): Promise<void>
}

/** Listens from now on. Throws KeysError on a secret's file that cannot be used: said at the start, not at the first alert. */
export function createAlerts(core: Core): RunningAlerts {
  const { configuration, clock, bus, fraud, directory, logger } = core
  let port = configuration.httpsPort
  const links = createUndoLinks(fraud.decisions, () => configuration.alerts.linkUrl ?? ownUrl(core, port))
  const about = ({ notice, more }: AlertMessage) => ({ about: notice.id, title: notice.title, more })
  const channels = openChannels(core)
  const service = createAlertService({
    clock,
    channels,
    facts: createAlertFacts(core),
    linkFor(event) {
      if (event.type !== 'fraud.suspended' && event.type !== 'fraud.blocked') return undefined
      return links.offer(event.data.decision, event.at)
    },
    onSent: (channel, message, attempts) => void bus.publish('alert.sent', { channel, ...about(message), attempts }),
    onFailed(channel, message, attempts, detail) {
      const { about: event, title } = about(message)
      logger.error({ channel, title, detail }, 'an alert did not reach anybody')
      bus.publish('alert.failed', { channel, about: event, title, attempts, detail })
    },
  })
  const unsubscribe = bus.subscribe(event => service.take(event))
  const route = createUndoRoute({
    clock,
    links,
    besides: ({ id }) => fraud.decisions.holdingTheSame(id, clock.now()),
    nameOf: ({ organisationId, subject }) => {
      const name = payerNames(directory, organisationId)(subject)
      return name === subject ? name : `extension ${name}`
    },
    async undo({ id }, source) {
      const actor = { kind: 'operator', name: `the link in an alert, from ${source}` } as const
      // First the others: while one of them holds, the last does not restore.
      const others = fraud.decisions.holdingTheSame(id, clock.now()).map(each => each.id)
      let done = false
      for (const each of [...others, id]) {
        const undone = await undoDecision({ directory, bus, clock, fraud }, each, actor, 'by the link in an alert')
        if (each === id) done = undone !== undefined
      }
      return done
    },
  })
  return {
    service,
    route,
    listening(bound) {
      port = bound
    },
    async catchUp() {
      if (channels.length > 0) await catchUp(core, service)
    },
    async stop() {
      await service.stop()
      unsubscribe()
    },
  }
}

/** A private name that only our own authority knows leads nobody here from a mail: then the address. */
function ownUrl({ configuration }: Core, port: number): string {
  const { domain } = configuration
  const host = domain.endsWith('.internal') ? uriHost(reachableAddress(configuration)) : domain
  return `https://${host}:${port}`
}

function openChannels(core: Core): readonly Channel[] {
  const { mail, webhooks } = core.configuration.alerts
  return [...(mail === undefined ? [] : [openMail(mail)]), ...webhooks.map(each => openWebhook(each, core))]
}

function openMail(settings: NonNullable<AlertConfiguration['mail']>): Channel {
  const { host, security, port, user, passwordFile, from, to, caFile, allowInsecurePlaintext } = settings
  const password = passwordFile === undefined ? undefined : readSecretFile(passwordFile)
  return createMailChannel({
    host,
    port: port ?? (security === 'tls' ? 465 : 587),
    security,
    allowInsecurePlaintext,
    login: user === undefined || password === undefined ? undefined : { user, password },
    from,
    to,
    caPem: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
  })
}

function openWebhook(settings: AlertConfiguration['webhooks'][number], { clock }: Core): Channel {
  const { url, secretFile, caFile, networks } = settings
  const secret = parseWebhookSecret(readSecretFile(secretFile).reveal())
  if (!secret.ok) throw new KeysError('KEYS_SECRET_INVALID', `${secretFile} ${secret.error}`, secretFile)
  const caPem = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
  return createWebhookChannel({ url, secret: secret.value, clock, networks, isPublicAddress, caPem })
}
