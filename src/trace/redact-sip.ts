/**
 * A SIP message for a trace: without what proves who somebody is, without keys of media, and without what people wrote or
 * typed. Only session descriptions stay as bodies: a MESSAGE is a letter, an INFO may be a PIN. Pure.
 */
const HEADER_END = /\r?\n\r?\n/
/** What is removed behind the scheme. Answers to challenges could be guessed on. */
const CREDENTIALS =
  /^(authorization|proxy-authorization|authentication-info|proxy-authentication-info)[ \t]*:[ \t]*([A-Za-z]+)?.*$/i
/** A signature of who calls (RFC 8224): whoever has it could present it again for a minute. */
const IDENTITY = /^(identity|y)[ \t]*:.*$/i
const PASSWORD_IN_URI = /(sips?:[^\s:@;>]{1,128}):[^\s@;>]*@/gi
const KEY_LINES: readonly (readonly [RegExp, string])[] = [
  [/^(a=crypto:\S+ \S+ ).*$/gim, '$1inline:[removed]'],
  [/^a=(key-mgmt|ice-pwd|ice-ufrag):.*$/gim, 'a=$1:[removed]'],
  [/^k=.*$/gim, 'k=[removed]'],
]

/** Latin-1 text of the message in, the same out: octets are neither lost nor made. */
export function redactSip(message: string): string {
  const end = HEADER_END.exec(message)
  const head = end === null ? message : message.slice(0, end.index)
  const body = end === null ? '' : message.slice(end.index + end[0].length)
  const lines = unfolded(head).map(line =>
    line.replace(CREDENTIALS, '$1: $2 [removed]').replace(IDENTITY, '$1: [removed]'),
  )
  const shown = isSdp(lines) ? withoutKeys(body) : body === '' ? '' : `[${body.length} octets removed]`
  const sized = lines.map(line =>
    line.replace(/^(content-length|l)([ \t]*:[ \t]*)\d+[ \t]*$/i, `$1$2${Buffer.byteLength(shown, 'latin1')}`),
  )
  return `${sized.join('\r\n').replace(PASSWORD_IN_URI, '$1@')}\r\n\r\n${shown}`
}

/** A header may go on in the next line, which begins with a blank (RFC 3261 §7.3.1): a secret does not hide there. */
function unfolded(head: string): readonly string[] {
  return head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
}

function isSdp(lines: readonly string[]): boolean {
  const types = lines.filter(line => /^(content-type|c)[ \t]*:/i.test(line))
  return types.length === 1 && /:[ \t]*application\/sdp[ \t]*(;.*)?$/i.test(types[0]!)
}

function withoutKeys(body: string): string {
  let shown = body
  for (const [pattern, replacement] of KEY_LINES) shown = shown.replace(pattern, replacement)
  return shown
}
