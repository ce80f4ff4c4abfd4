/** Readers of the formats, written from their specifications: what a receiver understands. Throws on what does not fit. */

export interface ReadSyslog {
  readonly octets: number
  readonly priority: number
  readonly host: string
  readonly application: string
  readonly type: string
  readonly structured: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly text: string
}

/** Frames of RFC 6587 §3.4.1 with messages of RFC 5424. */
export function readSyslog(stream: Buffer): readonly ReadSyslog[] {
  const messages: ReadSyslog[] = []
  let at = 0
  while (at < stream.length) {
    const space = stream.indexOf(0x20, at)
    const digits = stream.toString('latin1', at, space)
    if (!/^[1-9]\d{0,9}$/.test(digits)) throw new Error(`no length: ${JSON.stringify(digits)}`)
    const end = space + 1 + Number(digits)
    if (end > stream.length) throw new Error('the frame is not whole')
    messages.push({ octets: Number(digits), ...readMessage(stream.toString('utf8', space + 1, end)) })
    at = end
  }
  return messages
}

const HEADER = /^<(\d{1,3})>1 (\S+) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) /

function readMessage(text: string): Omit<ReadSyslog, 'octets'> {
  const found = HEADER.exec(text)
  if (found === null) throw new Error(`no header: ${text.slice(0, 100)}`)
  const [header, priority, time, host = '', application = '', , type = ''] = found
  if (Number.isNaN(Date.parse(time ?? ''))) throw new Error('no time')
  const { structured, end } = readStructured(text, header.length)
  if (text[end] !== ' ') throw new Error('no message')
  return { priority: Number(priority), host, application, type, structured, text: text.slice(end + 1) }
}

function readStructured(text: string, start: number) {
  const structured: Record<string, Record<string, string>> = {}
  let at = start
  while (text[at] === '[') {
    const name = /^[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}/.exec(text.slice(at + 1, at + 40))?.[0] ?? ''
    const parameters: Record<string, string> = {}
    at += 1 + name.length
    while (text[at] === ' ') {
      const [opening = '', key = ''] =
        /^ ([\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32})="/.exec(text.slice(at, at + 40)) ?? []
      if (opening === '') throw new Error('no parameter')
      at += opening.length
      let value = ''
      for (; text[at] !== '"'; at++) {
        if (text[at] === undefined || text[at] === ']') throw new Error('a parameter is not closed')
        if (text[at] === '\\' && '"\\]'.includes(text[at + 1] ?? ' ')) at++
        value += text[at]
      }
      parameters[key] = value
      at++
    }
    if (text[at++] !== ']') throw new Error('structured data is not closed')
    structured[name] = parameters
  }
  return { structured, end: at }
}

/** Header fields behind `CEF:`, and the extension; a key begins where a word stands before an unescaped `=`. */
export function readCef(
  text: string,
): { readonly header: readonly string[]; readonly extension: ReadonlyMap<string, string> } | undefined {
  if (!text.startsWith('CEF:')) return undefined
  const header: string[] = []
  let field = ''
  let at = 4
  for (; at < text.length && header.length < 7; at++) {
    if (text[at] === '\\') field += text[++at]
    else if (text[at] === '|') {
      header.push(field)
      field = ''
    } else field += text[at]
  }
  if (header.length !== 7) return undefined
  const rest = text.slice(at)
  const keys = [...rest.matchAll(/(?:^| )([A-Za-z0-9_]+)(?<!\\)=/g)]
  const extension = new Map<string, string>()
  for (const [index, key] of keys.entries()) {
    const value = rest.slice(key.index + key[0].length, keys[index + 1]?.index)
    if (extension.has(key[1]!)) throw new Error(`${key[1]} twice`)
    extension.set(key[1]!, value.replace(/\\([\\=nr])/g, '$1'))
  }
  return { header, extension }
}

/** One record of RFC 4180. */
export function readCsvLine(text: string): readonly string[] {
  const cells: string[] = []
  for (let at = 0; at <= text.length; at++) {
    if (text[at] !== '"') throw new Error('a cell without quotes')
    let cell = ''
    for (at++; ; at++) {
      if (text[at] === undefined) throw new Error('a cell is not closed')
      if (text[at] !== '"') cell += text[at]
      else if (text[at + 1] === '"') cell += text[++at]
      else break
    }
    cells.push(cell)
    at++
    if (at < text.length && text[at] !== ',') throw new Error('no comma')
  }
  return cells
}
