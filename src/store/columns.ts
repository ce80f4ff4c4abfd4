/** Columns of many rows as the texts that PostgreSQL reads: arrays of plain tokens, and JSON by the line. */

/** An array literal of values that hold no quote, comma, brace, backslash or blank: numbers, UUIDs, event types. */
export function tokenArray(tokens: readonly (string | number | undefined)[]): string {
  let text = '{'
  for (let i = 0; i < tokens.length; i++) text += `${i === 0 ? '' : ','}${tokens[i] ?? 'NULL'}`
  return `${text}}`
}

/**
 * JSON of many values, one to a line, for `string_to_table(…, E'\n')`: JSON text never holds a bare line feed or NUL, so
 * each value is encoded exactly once.
 */
export function jsonLines(values: readonly unknown[]): string {
  let text = ''
  for (let i = 0; i < values.length; i++) text += i === 0 ? JSON.stringify(values[i]) : `\n${JSON.stringify(values[i])}`
  return text
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUuid(text: string): boolean {
  return text.length === 36 && UUID.test(text)
}
