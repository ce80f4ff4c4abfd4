/** Byte strings (one character for each octet) to Unicode and back, quoting, and text that is safe in a log. */
import { endOfQuoted, unquoteRange } from './characters.ts'

/** Unicode of a byte string; octets that are not UTF-8 become U+FFFD. */
export function decodeText(byteString: string): string {
  for (let i = 0; i < byteString.length; i++) {
    if (byteString.charCodeAt(i) > 0x7f) return Buffer.from(byteString, 'latin1').toString('utf8')
  }
  return byteString
}

/** Byte string (UTF-8) of Unicode text. */
export function encodeText(unicode: string): string {
  for (let i = 0; i < unicode.length; i++) {
    if (unicode.charCodeAt(i) > 0x7f) return Buffer.from(unicode, 'utf8').toString('latin1')
  }
  return unicode
}

/** The byte string as quoted-string (RFC 3261 §25.1); line ends, which no quoted-pair may hold, become spaces. */
export function quoteString(byteString: string): string {
  return `"${byteString.replace(/[\r\n]/g, ' ').replace(/["\\\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\\$&')}"`
}

/** The content of a quoted-string, or the text itself when it is none. */
export function unquoteString(text: string): string {
  if (text.charCodeAt(0) !== 0x22 || endOfQuoted(text, 0) !== text.length) return text
  return unquoteRange(text, 0, text.length)
}

/** Unicode without control characters (line and direction controls included), at most `max` characters and a mark where it was cut. */
export function safeForLog(byteString: string, max = 200): string {
  const cut = byteString.length > max ? byteString.slice(0, max) : byteString
  const text = decodeText(cut).replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '.')
  return byteString.length > max ? `${text}…` : text
}
