/** A real mail server for tests: Debian's aiosmtpd, with a handler that prints what it took. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestAuthority } from '../../src/sip/transport/test-certificates.ts'
import type { TemporaryFolder } from './places.ts'
import { startProcess, type RunningProcess } from './processes.ts'

const PROGRAM = `
import asyncio, json, logging, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
mode, certificate, key, user, password = sys.argv[1:6]
logging.getLogger('mail.log').setLevel(logging.CRITICAL)
def say(**fields):
    print(json.dumps(fields), flush=True)
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody@'):
            return '550 no such mailbox'
        if address.startswith('later@'):
            return '451 try again later'
        envelope.rcpt_tos.append(address)
        return '250 OK'
    async def handle_DATA(self, server, session, envelope):
        say(kind='mail', sender=envelope.mail_from, recipients=envelope.rcpt_tos, user=session.auth_data,
            tls=session.ssl.version() if hasattr(session.ssl, 'version') else (server.transport.get_extra_info('ssl_object').version() if server.transport.get_extra_info('ssl_object') else None),
            text=envelope.content.decode('utf-8', 'replace'))
        return '250 taken'
def authenticate(server, session, envelope, mechanism, data):
    name, secret = data.login.decode(), data.password.decode()
    say(kind='login', user=name)
    good = name == user and secret == password
    return AuthResult(success=good, handled=False, auth_data=name if good else None)
class Said(SMTP):
    def connection_made(self, transport):
        say(kind='connection')
        super().connection_made(transport)
context = None
if mode != 'plain':
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
def factory():
    starttls = mode == 'starttls'
    return Said(Handler(), hostname='mail.example', enable_SMTPUTF8=True, tls_context=context if starttls else None, require_starttls=starttls,
        authenticator=authenticate if user else None, auth_required=bool(user), auth_require_tls=starttls)
async def main():
    server = await asyncio.get_running_loop().create_server(factory, '127.0.0.1', 0, ssl=context if mode == 'tls' else None)
    say(kind='ready', port=server.sockets[0].getsockname()[1])
    await server.serve_forever()
asyncio.run(main())
`

export type MailServerMode = 'plain' | 'starttls' | 'tls'

export interface TakenMail {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly user: string | null
  /** `TLSv1.3`; null: in clear. */
  readonly tls: string | null
  /** Header and body as they came. */
  readonly text: string
}

export interface MailServer {
  readonly port: number
  /** The first that came, waited for: what it prints comes a moment after what it answers. */
  mail(): Promise<TakenMail>
  mails(): readonly TakenMail[]
  /** Of everything that it said: connections, names of those who logged in, mails. */
  kinds(): readonly string[]
  readonly process: RunningProcess
}

export interface MailServerOptions {
  readonly mode: MailServerMode
  readonly authority: TestAuthority
  readonly folder: TemporaryFolder
  /** Names in the certificate. Default 127.0.0.1. */
  readonly names?: readonly string[]
  readonly login?: { readonly user: string; readonly password: string }
}

export async function startMailServer(options: MailServerOptions): Promise<MailServer> {
  const { mode, authority, folder, names = ['127.0.0.1'], login = { user: '', password: '' } } = options
  const identity = await authority.issue([...names])
  const certificate = join(folder.path, `mail-${mode}.pem`)
  const key = join(folder.path, `mail-${mode}.key`)
  writeFileSync(certificate, identity.certificateChainPem)
  writeFileSync(key, identity.privateKeyPem, { mode: 0o600 })
  const process = startProcess('/usr/bin/python3', ['-c', PROGRAM, mode, certificate, key, login.user, login.password])
  const said = (): readonly { kind: string }[] =>
    process
      .output()
      .split('\n')
      .filter(line => line.startsWith('{"kind"'))
      .map(line => JSON.parse(line) as { kind: string })
  await process.waitForOutput(/"kind": "ready".*\n/, 20_000)
  const { port } = said().find(each => each.kind === 'ready') as unknown as { port: number }
  const mails = (): readonly TakenMail[] =>
    said().filter(each => each.kind === 'mail') as unknown as readonly TakenMail[]
  return {
    port,
    process,
    mails,
    async mail() {
      await process.waitForOutput(/"kind": "mail".*\n/, 20_000)
      return mails()[0]!
    },
    kinds: () => said().map(each => each.kind),
  }
}
