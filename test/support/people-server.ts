/** The HTTP interface for people over HTTPS, with its real identity service, real guards and limits, and a clock of the test. */
import assert from 'node:assert/strict'
import { createConsoleFiles } from '../../src/api/console-files.ts'
import { createApplication } from '../../src/api/http/application.ts'
import { createAuthenticator } from '../../src/api/http/authenticator.ts'
import { createHttpsServer } from '../../src/api/https-server.ts'
import { createOperationsFor } from '../../src/composition/operations-for.ts'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'
import type { Asker } from '../../src/identity/types.ts'
import { apiWorld, OPERATOR } from './api-world.ts'
import { createVisitor, type Visitor, type VisitorOptions } from './visitor.ts'

export const NAME = 'phones.example.org'
export const OTHER_NAME = 'other.example.org'
export const MACHINE: Asker = { actor: OPERATOR, organisationId: undefined, role: 'machine' }

export type PeopleServer = Awaited<ReturnType<typeof startPeopleServer>>

export async function startPeopleServer() {
  const world = await apiWorld()
  const { clock, identity, directory, bus, routes, options, events, organisations } = world
  const listed = () => directory.organisations().toSorted((a, b) => a.createdAt - b.createdAt)
  const isOwnHost = (host: string): boolean => [NAME, OTHER_NAME, '127.0.0.1'].includes(host)
  const application = await createApplication({
    routes,
    authenticator: createAuthenticator({ identity, now: () => clock.now(), organisations: listed }),
    operationsFor: createOperationsFor(options),
    events: bus,
    logger: { info: () => undefined, warn: () => undefined, error: assert.fail } as never,
    version: '0.0.0',
    clock,
    isOwnHost,
    networks: [],
  })
  const pages = createConsoleFiles(undefined, isOwnHost)
  const now = Date.now()
  const authority = await createAuthority('people', now)
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, [NAME, OTHER_NAME], now)
  const server = createHttpsServer({
    address: '127.0.0.1',
    port: 0,
    identity: { certificateChainPem: certificatePem, privateKeyPem },
    caPem: authority.certificatePem,
    healthy: () => true,
    route(request, response) {
      if (request.url?.startsWith('/api/') !== true) return pages.route(request, response)
      application.handle(request, response)
      return true
    },
  })
  const { port } = await server.start()
  return {
    clock,
    events,
    identity,
    organisations,
    repository: world.repository,
    routes,
    visitor(more: Partial<VisitorOptions> = {}): Visitor {
      return createVisitor({ port, ca: authority.certificatePem, name: NAME, ...more })
    },
    /** Types of the events since `from`. */
    typesSince: (from: number): readonly string[] => events.slice(from).map(each => each.type),
    async close() {
      await server.stop()
      await application.close()
      await world.close()
    },
  }
}
