/** Which destination a dialled text names. */
import type { OrganisationId } from '../base/ids.ts'
import type { DirectoryReader, Extension } from '../directory/types.ts'

/** A union: other kinds of destination come with trunks. */
export type Route = { readonly kind: 'extension'; readonly extension: Extension } | { readonly kind: 'unknown' }

const UNKNOWN: Route = { kind: 'unknown' }
/** Longer than any extension number (directory rules: 32 characters). */
const MAXIMUM_DIALLED = 64

/**
 * The destination of what a phone of the organisation dialled: the user part of the Request-URI, its escapes removed. A
 * parameter that phones put into the user part (`101;phone-context=…`, RFC 3966) is not part of the number.
 */
export function routeDialled(
  directory: Pick<DirectoryReader, 'extensionByNumber'>,
  organisationId: OrganisationId,
  dialled: string,
): Route {
  if (dialled.length > MAXIMUM_DIALLED) return UNKNOWN
  const semicolon = dialled.indexOf(';')
  const number = semicolon === -1 ? dialled : dialled.slice(0, semicolon)
  const extension = directory.extensionByNumber(organisationId, number)
  return extension === undefined ? UNKNOWN : { kind: 'extension', extension }
}
