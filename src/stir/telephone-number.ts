/** Telephone numbers as they are signed (RFC 8224 §8.3, RFC 8225 §5.2.1): digits alone. */

const SEPARATORS = /[\s().\-_/]/g

/** Undefined: not a number (a URI, letters, too long). */
export function canonicalNumber(text: string): string | undefined {
  if (text.length > 64) return undefined
  const digits = text.replace(SEPARATORS, '').replace(/^\+/, '')
  return /^[0-9]{3,15}$/.test(digits) ? digits : undefined
}
