/** The keys that a dialled text presses: digits of every script become ASCII, what only makes numbers readable is gone. */

/** Longer texts name no number; ones outside of ASCII may have two code units for each digit. */
const MAXIMUM_LENGTH = 128

/** What people, phones and address books put between digits, and marks that cannot be seen (bidi, soft hyphen, word joiner). */
const SEPARATORS =
  /[-.() /[\]~\t\u00a0\u00ad\u061c\u2000-\u200f\u2010-\u2015\u202a-\u202f\u205f-\u2064\u2066-\u2069\u2212\u3000\u30fc\ufe63\ufeff\uff08\uff09\uff0d-\uff0f]/gu
const PLUSES = /[\uff0b\ufe62]/gu
const ASCII = /^[0-9+*#A-Za-z]*$/
const DECIMAL_DIGIT = /\p{Nd}/u

/** The part before the first parameter (RFC 3966 §3, and SIP's `;user=phone` where a phone misplaces it). */
export function withoutParameters(dialled: string): string {
  const semicolon = dialled.indexOf(';')
  return semicolon === -1 ? dialled : dialled.slice(0, semicolon)
}

/** Keys in order, or undefined where the text is too long. Characters that are no keys stay, for the caller to refuse. Total. */
export function symbolsOf(text: string): string | undefined {
  if (text.length > MAXIMUM_LENGTH) return undefined
  if (ASCII.test(text)) return text
  const bare = text.replace(SEPARATORS, '').replace(PLUSES, '+')
  return ASCII.test(bare) ? bare : Array.from(bare, asciiDigit).join('')
}

/** Unicode has the decimal digits of every script in runs of ten, ascending from zero. */
function asciiDigit(character: string): string {
  const point = character.codePointAt(0)!
  if (point < 0x80 || !DECIMAL_DIGIT.test(character)) return character
  let zero = point
  while (DECIMAL_DIGIT.test(String.fromCodePoint(zero - 1))) zero--
  return String((point - zero) % 10)
}
