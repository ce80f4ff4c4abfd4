/** Comma-separated values (RFC 4180): quoted fields, doubled quotes, CRLF or LF, an optional byte order mark. */

/** Rows of fields; empty lines and lines that begin with `#` are left out. Undefined when a quote is never closed. */
export function parseCsv(
  text: string,
): readonly { readonly line: number; readonly fields: readonly string[] }[] | undefined {
  const rows: { line: number; fields: string[] }[] = []
  const content = text.startsWith('\ufeff') ? text.slice(1) : text
  let position = 0
  let line = 1
  while (position < content.length) {
    const row = { line, fields: [] as string[] }
    for (;;) {
      const field = readField(content, position)
      if (field === undefined) return undefined
      row.fields.push(field.text)
      line += field.breaks
      position = field.end
      if (content[position] !== ',') break
      position++
    }
    if (content[position] === '\r') position++
    if (content[position] === '\n') position++
    line++
    const [first = ''] = row.fields
    if (!(row.fields.length === 1 && first.trim() === '') && !first.startsWith('#')) rows.push(row)
  }
  return rows
}

interface Field {
  readonly text: string
  /** Position after the field. */
  readonly end: number
  readonly breaks: number
}

function readField(content: string, start: number): Field | undefined {
  if (content[start] !== '"') {
    let end = start
    while (end < content.length && !',\r\n'.includes(content[end]!)) end++
    // A carriage return that ends no line would stop the reader for ever.
    if (content[end] === '\r' && content[end + 1] !== '\n')
      return { text: content.slice(start, end), end: end + 1, breaks: 0 }
    return { text: content.slice(start, end).trim(), end, breaks: 0 }
  }
  let text = ''
  let position = start + 1
  for (;;) {
    const quote = content.indexOf('"', position)
    if (quote < 0) return undefined
    text += content.slice(position, quote)
    if (content[quote + 1] !== '"') {
      return { text, end: skipToSeparator(content, quote + 1), breaks: text.split('\n').length - 1 }
    }
    text += '"'
    position = quote + 2
  }
}

function skipToSeparator(content: string, start: number): number {
  let end = start
  while (end < content.length && !',\r\n'.includes(content[end]!)) end++
  return end
}
