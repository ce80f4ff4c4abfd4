/** Writes a session description in the order of RFC 8866 §9. */
import type { Attribute, Bandwidth, Connection, MediaDescription, SessionDescription } from './types.ts'

/** The text of `session`, CRLF line ends. Its texts must be free of control characters, as those of `parseSdp` are. */
export function formatSdp(session: SessionDescription): string {
  const { origin } = session
  let text = `v=0\r\no=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${origin.addressType} ${origin.address}\r\ns=${session.sessionName}\r\n`
  text += connectionLine(session.connection)
  text += bandwidthLines(session.bandwidths)
  text += `t=${session.timing}\r\n`
  text += attributeLines(session.attributes)
  for (const media of session.media) text += mediaLines(media)
  return text
}

/** The `c=`/`o=` address type of a literal address. */
export function addressTypeOf(address: string): 'IP4' | 'IP6' {
  return address.includes(':') ? 'IP6' : 'IP4'
}

export function attribute(name: string, value?: string): Attribute {
  return { name, value }
}

function mediaLines(media: MediaDescription): string {
  const count = media.portCount > 1 ? `/${media.portCount}` : ''
  return (
    `m=${media.media} ${media.port}${count} ${media.protocol} ${media.formats.join(' ')}\r\n` +
    connectionLine(media.connection) +
    bandwidthLines(media.bandwidths) +
    attributeLines(media.attributes)
  )
}

function connectionLine(connection: Connection | undefined): string {
  return connection === undefined ? '' : `c=IN ${connection.addressType} ${connection.address}\r\n`
}

function bandwidthLines(bandwidths: readonly Bandwidth[]): string {
  let text = ''
  for (const { type, value } of bandwidths) text += `b=${type}:${value}\r\n`
  return text
}

function attributeLines(attributes: readonly Attribute[]): string {
  let text = ''
  for (const { name, value } of attributes) text += value === undefined ? `a=${name}\r\n` : `a=${name}:${value}\r\n`
  return text
}
