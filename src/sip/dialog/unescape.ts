/** `%XX` to octets (RFC 3261 §25.1 escaped): a byte string, or undefined when an escape is malformed. */
export function unescapeText(text: string): string | undefined {
  if (!text.includes('%')) return text
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
