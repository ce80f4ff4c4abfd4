/** The door for people and programs: routes, who asks, and the operations of their organisation. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Application, createApplication } from '../api/http/application.ts'
import { createAuthenticator } from '../api/http/authenticator.ts'
import { httpRoutes } from '../api/http/routes/index.ts'
import { parseNetwork } from '../base/network.ts'
import type { Core } from './core.ts'
import type { OperationsOptions } from './operations.ts'
import { createOperationsFor } from './operations-for.ts'
import type { RunningPeople } from './people.ts'

export interface RunningApi {
  /** False: not a path of the interface. */
  readonly route: (request: IncomingMessage, response: ServerResponse) => boolean
  stop(): Promise<void>
}

const PREFIX = '/api/'

export async function createHttpApi(
  { configuration, directory, store, bus, clock, logger }: Core,
  people: RunningPeople,
  operations: OperationsOptions,
  version: string,
): Promise<RunningApi> {
  const { identity } = people
  const organisations = () => directory.organisations().toSorted((a, b) => a.createdAt - b.createdAt)
  const now = () => clock.now()
  const routes = httpRoutes({
    oidc: people.oidc,
    identity,
    organisations,
    addOrganisation: (input, asker) => directory.addOrganisation(input, asker.actor),
  })
  const application: Application = await createApplication({
    routes,
    authenticator: createAuthenticator({ identity, now, organisations }),
    operationsFor: createOperationsFor(operations),
    events: bus,
    logger,
    version,
    clock,
    idempotency: store.keptAnswers,
    isOwnHost: people.isOwnHost,
    networks: configuration.administration.networks.map(text => parseNetwork(text)!),
  })
  return {
    route(request, response) {
      if (request.url?.startsWith(PREFIX) !== true) return false
      application.handle(request, response)
      return true
    },
    stop: () => application.close(),
  }
}
