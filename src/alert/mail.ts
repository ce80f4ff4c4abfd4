/** Messages by mail: SMTP over TLS with a verified certificate, STARTTLS demanded or TLS from the start (RFC 3207, RFC 8314). */
import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import { fail, ok } from '../base/result.ts'
import type { Secret } from '../base/secret.ts'
import { inert, textOf, titleOf } from './plain-text.ts'
import type { AlertMessage, Channel, SendFailure } from './types.ts'

export interface MailOptions {
  readonly host: string
  readonly port: number
  readonly security: 'starttls' | 'tls'
  /** Neither certificate nor encryption is asked for: anybody on the way reads the messages, the links and the password. */
  readonly allowInsecurePlaintext?: boolean
  readonly login?: { readonly user: string; readonly password: Secret } | undefined
  readonly from: string
  readonly to: readonly string[]
  /** Authorities of the server's certificate in PEM, instead of the public ones. */
  readonly caPem?: string | undefined
  /** Milliseconds without a word from the server. Default 15,000. */
  readonly timeoutMs?: number
}

export function createMailChannel(options: MailOptions): Channel {
  const { host, port, security, login, from, to, caPem, timeoutMs = 15_000 } = options
  const plain = options.allowInsecurePlaintext === true
  const transport = createTransport({
    host,
    port,
    secure: !plain && security === 'tls',
    requireTLS: !plain,
    ignoreTLS: plain,
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(caPem === undefined ? {} : { ca: caPem }),
    },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    name: `mail ${to.join(', ')}`,
    async send(message) {
      try {
        const { rejected } = await transport.sendMail({ from, to: [...to], ...letterOf(message, from) })
        if (rejected.length === 0) return ok(undefined)
        return fail({ temporary: false, detail: `the server does not take mail for ${rejected.join(', ')}` })
      } catch (error) {
        return fail(failureOf(error, login?.password))
      }
    },
    close: () => transport.close(),
  }
}

function letterOf(message: AlertMessage, from: string): object {
  const { notice } = message
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/[^\w.-]/g, '')
  return {
    subject: titleOf(message),
    text: textOf(message),
    messageId: `<${notice.id.replace(/[^\w.-]/g, '')}@${domain}>`,
    date: new Date(notice.at),
    ...(notice.urgency === 'critical' ? { priority: 'high' } : {}),
    // RFC 3834 §5: no holiday notice comes back.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  }
}

const WORDS: Readonly<Record<string, string>> = {
  EAUTH: 'the server does not take the user name and password',
  EENVELOPE: 'the server does not take the sender or a recipient',
  ETLS: 'the server offers no encryption that can be used; nothing was sent',
}

/** RFC 5321 §4.2.1: 4yz may go better later; 5yz will not. What never got an answer may. */
function failureOf(error: unknown, password: Secret | undefined): SendFailure {
  const { code = '', responseCode, message } = error as Error & { code?: string; responseCode?: number }
  const secret = password?.reveal() ?? ''
  const said = secret === '' ? message : message.replaceAll(secret, '[redacted]')
  const words = WORDS[code]
  return {
    temporary: responseCode === undefined || responseCode < 500,
    detail: inert(words === undefined ? said : `${words}: ${said}`, 200),
  }
}
