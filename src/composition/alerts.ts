/** Alerts of the running system: which channels there are, what they know, and the way back behind their link. */
import { readFileSync } from 'node:fs'
import { type AlertService, createAlertService, type EscalationSettings } from '../alert/alert-service.ts'
import { createChatChannel } from '../alert/chat.ts'
import { createMailChannel } from '../alert/mail.ts'
import { parseWebhookSecret } from '../base/standard-webhooks.ts'
import type { QuietHours } from '../alert/quiet-hours.ts'
import type { AlertMessage, Channel } from '../alert/types.ts'
import { createUndoLinks } from '../alert/undo/undo-links.ts'
import { createUndoRoute, type Route } from '../alert/undo/undo-route.ts'
import { createWebhookChannel } from '../alert/webhook.ts'
import type { AlertConfiguration } from '../config/alert-schema.ts'
import { isHttpsUrl } from '../config/schema-parts.ts'
import { KeysError } from '../keys/errors.ts'
import { isPublicAddress } from '../stir/public-address.ts'
import { reachableAddress, uriHost } from './addresses.ts'
import { awaitAnswers, catchUp } from './alert-catch-up.ts'
import { createAlertFacts } from './alert-facts.ts'
import { readAlerts } from './alert-reading.ts'
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

/** Longer than anybody has to answer. */
const ANSWERS_MS = 2 * 86_400_000
/** Ids in one event. */
const MAXIMUM_ALSO = 1_000

/** Listens from now on. Throws KeysError on a secret's file that cannot be used: said at the start, not at the first alert. */
export function createAlerts(core: Core): RunningAlerts {
  const { configuration, clock, bus, fraud, directory, logger } = core
  let port = configuration.httpsPort
  const base = (): string => configuration.alerts.linkUrl ?? ownUrl(core, port)
  const links = createUndoLinks(fraud.decisions, base)
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
    escalation: escalationOf(core),
    quiet: quietOf(core),
    pageOf: ({ id }) => `${base()}/alerts#${id}`,
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
      if (configuration.alerts.escalation !== undefined) await awaitAnswers(core, service)
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
  const { mail, webhooks, chats } = core.configuration.alerts
  return [
    ...(mail === undefined ? [] : [openMail(mail)]),
    ...webhooks.map(each => openWebhook(each, core)),
    ...chats.map(openChat),
  ]
}

function quietOf({ configuration, directory }: Core): (() => QuietHours) | undefined {
  const { quietHours } = configuration.alerts
  if (quietHours === undefined) return undefined
  const { from, to, timeZone } = quietHours
  return () => ({ from, to, timeZone: timeZone ?? directory.callingOf(directory.primary.id).schedule.timeZone })
}

/** Whoever is told second, and how they are told. */
function escalationOf(core: Core): EscalationSettings | undefined {
  const { clock, bus, directory, store, configuration } = core
  const { mail, escalation } = configuration.alerts
  if (escalation === undefined) return undefined
  const { after: minutes, from, mailTo, webhooks, chats } = escalation
  return {
    minutes,
    from,
    channels: [
      ...(mail === undefined || mailTo.length === 0 ? [] : [openMail({ ...mail, to: mailTo })]),
      ...webhooks.map(each => openWebhook(each, core)),
      ...chats.map(openChat),
    ],
    async answered(ids) {
      const records = await readAlerts(store.events, directory, { since: clock.now() - ANSWERS_MS })
      const open = new Set(records.filter(each => each.state === 'open').map(each => each.notice.id))
      // What the log does not know of yet nobody saw to.
      const known = new Set(records.map(each => each.notice.id))
      return new Set(ids.filter(id => known.has(id) && !open.has(id)))
    },
    onEscalated({ id, title }, others) {
      const also = others.map(each => each.id)
      bus.publish('alert.escalated', { about: id, title, minutes, also: also.slice(0, MAXIMUM_ALSO) })
    },
  }
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

function openChat({ kind, urlFile, caFile, networks }: AlertConfiguration['chats'][number]): Channel {
  const url = readSecretFile(urlFile)
  if (!isHttpsUrl(url.reveal()))
    throw new KeysError('KEYS_SECRET_INVALID', `${urlFile} holds no https: address`, urlFile)
  const caPem = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
  return createChatChannel({ kind, url, networks, isPublicAddress, caPem })
}
