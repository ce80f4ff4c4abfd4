/** Common Event Format, version 0: `CEF:0|vendor|product|version|type|title|severity|key=value …`. Pure. */
import type { Severity } from '../../events/catalogue.ts'
import type { EventFacts } from '../event-facts.ts'
import { jsonText, visible } from '../text.ts'
import type { FormatContext } from '../types.ts'

/** 0 to 10. */
const CEF_SEVERITY: { readonly [S in Severity]: number } = { info: 2, notice: 4, warning: 6, error: 8, critical: 10 }

/** The lengths that the format gives its keys. */
const LENGTH = 1_023

export function cefText(facts: EventFacts, { version }: FormatContext): string {
  const { type, severity, class: of } = facts
  const header = ['Ringfence', 'Ringfence', version, type, of.title].map(each => headerField(visible(each, 512)))
  const pairs = extension(facts).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${extensionValue(visible(value, LENGTH))}`],
  )
  return `CEF:0|${header.join('|')}|${CEF_SEVERITY[severity] ?? 5}|${pairs.join(' ')}`
}

function extension(facts: EventFacts): readonly (readonly [string, string | undefined])[] {
  const { id, position, at, organisationId, address, port, common, type, message, data } = facts
  const isIPv6 = address?.includes(':') === true
  return [
    ['externalId', id],
    ['rt', String(at)],
    ['cat', type.slice(0, type.indexOf('.'))],
    ['outcome', common.outcome],
    ['act', type],
    ['src', isIPv6 ? undefined : address],
    // Version 0 knows no IPv6 in `src`.
    ['c6a2', isIPv6 ? address : undefined],
    ['c6a2Label', isIPv6 ? 'Source IPv6 Address' : undefined],
    ['spt', port === undefined ? undefined : String(port)],
    ['suser', common.actor],
    ['duser', common.target],
    ['requestClientApplication', common.client],
    ['reason', common.reason],
    ['cs1', common.extension],
    ['cs1Label', common.extension === undefined ? undefined : 'extension'],
    ['cs2', common.rule],
    ['cs2Label', common.rule === undefined ? undefined : 'rule'],
    ['cs3', common.call],
    ['cs3Label', common.call === undefined ? undefined : 'call'],
    ['cs4', organisationId],
    ['cs4Label', organisationId === undefined ? undefined : 'organisation'],
    ['cn1', String(position)],
    ['cn1Label', 'position'],
    ['msg', message],
    ['cs6', jsonText(data)],
    ['cs6Label', 'data'],
  ]
}

/** In the header a pipe ends a field; an equals sign does nothing. */
function headerField(text: string): string {
  return text.replace(/[\\|]/g, character => `\\${character}`)
}

/** Line ends are visible already. A pipe needs nothing here. */
function extensionValue(text: string): string {
  return text.replace(/[\\=]/g, character => `\\${character}`)
}
