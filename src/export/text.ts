/** What a stranger may have written, made harmless for whoever reads the output of an export. Pure. */

/** Characters of one value; what is longer is cut and says so. */
export const LONGEST_VALUE = 4_096

/**
 * Controls (C0, DEL, C1), which move a terminal or end a line; line and paragraph separators; marks that turn the
 * direction of the text, which make it read as something else; the byte order mark.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Visible, and never a control: `\x1b`, `\u202e`. Halves of surrogate pairs become U+FFFD. */
export function visible(text: string, maximum = LONGEST_VALUE): string {
  return cut(text, maximum).replace(UNSAFE, escaped)
}

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  const hex = code.toString(16)
  return code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`
}

/** At most so many characters, well-formed. */
export function cut(text: string, maximum = LONGEST_VALUE): string {
  if (text.length <= maximum) return text.toWellFormed()
  return `${text.slice(0, maximum).toWellFormed()}…[${text.length - maximum} more]`
}

/** JSON on one line that holds no raw control, separator or mark, whatever it is shown on. It means the same. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE_IN_JSON,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** At most so many octets of UTF-8, cut between characters. */
export function cutOctets(text: string, maximum: number): string {
  if (Buffer.byteLength(text) <= maximum) return text
  const octets = Buffer.from(text, 'utf8')
  let end = Math.max(0, maximum)
  while (end > 0 && (octets[end]! & 0xc0) === 0x80) end--
  return octets.toString('utf8', 0, end)
}
