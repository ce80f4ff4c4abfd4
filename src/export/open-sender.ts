/** The way to a destination, from what is known of it. */
import { fileLine, syslogFrame } from './encode.ts'
import { endpointOf, readHostPort } from './destination.ts'
import { CSV_HEADER } from './formats/csv.ts'
import { createMask } from './mask.ts'
import { createFileSender } from './senders/file-sender.ts'
import { createHttpPost } from './senders/http-post.ts'
import {
  createElasticSender,
  createOtlpSender,
  createSplunkSender,
  createWebhookSender,
  type HttpSenderOptions,
} from './senders/http-senders.ts'
import { createSyslogSender } from './senders/syslog-sender.ts'
import type { ExportDestination, FormatContext, Sender } from './types.ts'

/** Settings without a fault (`faultOf`). */
export function openSender(destination: ExportDestination, context: FormatContext, now: () => number): Sender {
  const { settings, secrets } = destination
  const { kind, to, form, masks, caPem, certificatePem, serverName, index, fileSize, fileCount } = settings
  const mask = createMask(masks, secrets.pseudonyms)
  const encoding = { form, mask, context }
  if (kind === 'file') {
    const header = form === 'csv' ? CSV_HEADER : undefined
    return createFileSender({ path: to, fileSize, fileCount, header, line: logged => fileLine(logged, encoding) })
  }
  if (kind === 'syslog') {
    const { host, port } = readHostPort(to) ?? { host: '', port: 0 }
    const tls = settings.allowInsecurePlaintext ? undefined : { caPem, certificatePem, key: secrets.key, serverName }
    return createSyslogSender({ host, port, tls, frame: logged => syslogFrame(logged, encoding) })
  }
  const http = createHttpPost({ url: endpointOf(settings), caPem, certificatePem, key: secrets.key, serverName })
  const options: HttpSenderOptions = { http, mask, context, token: secrets.token, index, now }
  switch (kind) {
    case 'splunk':
      return createSplunkSender(options)
    case 'elastic':
      return createElasticSender(options)
    case 'otlp':
      return createOtlpSender(options)
    case 'webhook':
      return createWebhookSender(options)
  }
}
