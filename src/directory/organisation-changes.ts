/** Adding an organisation: a business with its own SIP domain, whose people and phones never meet those of another. */
import { newId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import type { DirectoryContext, DirectoryService } from './directory-service.ts'
import { checkName, refuse } from './rules.ts'
import type { DirectoryRefusal, Organisation } from './types.ts'

const MAXIMUM_ORGANISATIONS = 10_000
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const DOMAIN = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})+$`)

export function createOrganisationChanges(context: DirectoryContext): Pick<DirectoryService, 'addOrganisation'> {
  return { addOrganisation: (input, actor) => context.serially(() => add(context, input, actor)) }
}

async function add(
  { index, repository, clock, events }: DirectoryContext,
  { name, domain: asGiven }: { readonly name: string; readonly domain: string },
  actor: Actor,
): Promise<Result<Organisation, DirectoryRefusal>> {
  const domain = asGiven.trim().toLowerCase()
  const invalid = checkName(name)
  if (invalid !== undefined) return fail(invalid)
  if (!DOMAIN.test(domain)) {
    const text = 'a SIP domain is a full name such as phones.example.com'
    return fail(refuse('DIRECTORY_ORGANISATION_INVALID', text))
  }
  if (index.organisationByDomain(domain) !== undefined) {
    return fail(refuse('DIRECTORY_ORGANISATION_EXISTS', `there is an organisation with the domain ${domain} already`))
  }
  if (index.organisations().length >= MAXIMUM_ORGANISATIONS) {
    return fail(refuse('DIRECTORY_LIMIT', `there are ${MAXIMUM_ORGANISATIONS} organisations already`))
  }
  const now = clock.now()
  const organisation: Organisation = { id: newId<'OrganisationId'>(now), name: name.trim(), domain, createdAt: now }
  await repository.insertOrganisation(organisation)
  index.putOrganisation(organisation)
  events.publish('directory.organisation-added', { actor, organisation: organisation.name, domain }, organisation.id)
  return ok(organisation)
}
