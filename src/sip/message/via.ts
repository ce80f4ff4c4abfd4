/** Via: where a message came through and where its response goes (RFC 3261 §20.42, RFC 3581). */
import { formatHost, parseInteger, readHostPort, scan, skipSpace, TOKEN } from './characters.ts'
import { parseParameters } from './headers.ts'
import { formatParameters } from './name-address.ts'
import type { Via } from './types.ts'

/** One Via of a list that is already split. Undefined when malformed or of another protocol than SIP/2.0. */
export function parseVia(text: string): Via | undefined {
  const protocol = text.startsWith('SIP/2.0/') ? 8 : afterProtocol(text)
  if (protocol === -1) return undefined
  const end = scan(text, protocol, text.length, TOKEN)
  const from = skipSpace(text, end)
  if (end === protocol || from === end) return undefined
  const hostPort = readHostPort(text, from, text.length, true)
  if (hostPort === undefined) return undefined
  const parameters = parseParameters(text, hostPort.end)
  if (parameters === undefined) return undefined
  const rport = readPort(parameters.has('rport'), parameters.get('rport'))
  if (rport === false) return undefined
  return {
    transport: text.slice(protocol, end).toUpperCase(),
    host: hostPort.host,
    port: hostPort.port,
    branch: parameters.get('branch'),
    received: parameters.get('received'),
    rport,
    parameters,
  }
}

function readPort(present: boolean, text: string | undefined): number | null | undefined | false {
  if (!present) return undefined
  if (text === undefined) return null
  return parseInteger(text, 65_535) ?? false
}

/** Index after `SIP / 2.0 /` with spaces around the slashes (§25.1 SLASH), or -1. */
function afterProtocol(text: string): number {
  let i = 0
  for (const word of ['sip', '2.0']) {
    i = skipSpace(text, i)
    if (text.slice(i, i + word.length).toLowerCase() !== word) return -1
    i = skipSpace(text, i + word.length)
    if (text.charCodeAt(i) !== 0x2f) return -1
    i++
  }
  return skipSpace(text, i)
}

export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`
  return `SIP/2.0/${via.transport} ${formatHost(via.host)}${port}${formatParameters(via.parameters)}`
}
