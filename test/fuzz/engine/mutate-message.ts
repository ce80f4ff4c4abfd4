/** Changes to a SIP message that know its grammar: start line, header fields, body (RFC 3261 §7). */
import { anyPiece } from './categories.ts'
import { mutateText } from './mutate-text.ts'
import type { Random } from './random.ts'

interface Parts {
  start: string
  fields: string[]
  body: string
}

type MessageMutator = (parts: Parts, other: Parts, random: Random) => void

const NAMES = (
  'Via From To Call-ID CSeq Max-Forwards Contact Content-Length Content-Type Route Record-Route Require Supported Proxy-Require ' +
  'Authorization Proxy-Authorization Expires Min-Expires Session-Expires Min-SE RAck RSeq Refer-To Referred-By Replaces Event Date ' +
  'Allow Accept Path Service-Route Subject User-Agent Reason Privacy P-Asserted-Identity Identity Timestamp Retry-After Warning ' +
  'WWW-Authenticate Organization X-Other v f t i m l c k s r o x e'
).split(' ')
const METHODS =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE FOO invite REGISTERED'.split(
    ' ',
  )

function nameOf(field: string): string {
  return field.slice(0, Math.max(0, field.indexOf(':')))
}

function textOf(field: string): string {
  return field.slice(field.indexOf(':') + 1)
}

/** Replaces one field by what `change` makes of it. */
function changeField(parts: Parts, random: Random, change: (field: string) => string): void {
  if (parts.fields.length === 0) return
  const at = random.below(parts.fields.length)
  parts.fields[at] = change(parts.fields[at]!)
}

function put(parts: Parts, field: string, random: Random): void {
  parts.fields.splice(random.below(parts.fields.length + 1), 0, field)
}

const drop: MessageMutator = (parts, _other, random) => {
  parts.fields.splice(random.below(parts.fields.length + 1), 1 + random.below(2))
}

const repeat: MessageMutator = (parts, _other, random) => {
  if (parts.fields.length === 0) return
  const field = random.pick(parts.fields)
  const times = 1 + random.below(random.oneIn(10) ? 200 : 3)
  for (let i = 0; i < times; i++) put(parts, field, random)
}

/** The same field twice, with two values: which one counts? */
const contradict: MessageMutator = (parts, other, random) => {
  if (parts.fields.length === 0) return
  const field = random.pick(parts.fields)
  put(parts, `${nameOf(field)}:${mutateText(textOf(field), other.start, random)}`, random)
}

const mutateValue: MessageMutator = (parts, other, random) => {
  const foreign = other.fields.length === 0 ? '' : textOf(random.pick(other.fields))
  changeField(parts, random, field => `${nameOf(field)}:${mutateText(textOf(field), foreign, random)}`)
}

const replaceValue: MessageMutator = (parts, _other, random) => {
  changeField(parts, random, field => `${nameOf(field)}: ${anyPiece(random)}`)
}

const rename: MessageMutator = (parts, _other, random) => {
  changeField(parts, random, field => `${random.oneIn(4) ? anyPiece(random) : random.pick(NAMES)}:${textOf(field)}`)
}

const add: MessageMutator = (parts, _other, random) => {
  put(parts, `${random.pick(NAMES)}${random.oneIn(5) ? ' \t' : ''}: ${anyPiece(random)}`, random)
}

const borrow: MessageMutator = (parts, other, random) => {
  if (other.fields.length > 0) put(parts, random.pick(other.fields), random)
}

const shuffle: MessageMutator = (parts, _other, random) => {
  for (let i = parts.fields.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const field = parts.fields[i]!
    parts.fields[i] = parts.fields[j]!
    parts.fields[j] = field
  }
}

const fold: MessageMutator = (parts, _other, random) => {
  changeField(parts, random, field => {
    const at = random.below(field.length + 1)
    return `${field.slice(0, at)}\r\n${random.pick([' ', '\t', '  ', ''])}${field.slice(at)}`
  })
}

const startLine: MessageMutator = (parts, other, random) => {
  const words = parts.start.split(' ')
  const at = random.below(words.length)
  const kind = random.below(5)
  if (kind === 0) parts.start = other.start
  else if (kind === 1) parts.start = mutateText(parts.start, other.start, random)
  else if (kind === 2) words[at] = anyPiece(random)
  else if (kind === 3) words[0] = random.pick(METHODS)
  else words.splice(at, 1)
  if (kind > 1) parts.start = words.join(' ')
}

/** CSeq follows the method, so that the message gets past the first check. */
const consistentMethod: MessageMutator = (parts, _other, random) => {
  const method = random.pick(METHODS)
  parts.start = `${method} ${parts.start.split(' ').slice(1).join(' ')}`
  parts.fields = parts.fields.map(field => (/^cseq\s*:/i.test(field) ? `CSeq: ${random.below(100)} ${method}` : field))
}

const body: MessageMutator = (parts, other, random) => {
  parts.body = random.oneIn(3) ? other.body : mutateText(parts.body, other.body, random)
}

const MUTATORS: readonly MessageMutator[] = [
  drop,
  repeat,
  contradict,
  mutateValue,
  mutateValue,
  mutateValue,
  mutateValue,
  replaceValue,
  rename,
  add,
  add,
  borrow,
  borrow,
  shuffle,
  fold,
  startLine,
  consistentMethod,
  body,
]

function readParts(text: string): Parts {
  const end = text.indexOf('\r\n\r\n')
  const head = end < 0 ? text : text.slice(0, end)
  const [start = '', ...fields] = head.split('\r\n')
  return { start, fields, body: end < 0 ? '' : text.slice(end + 4) }
}

function writeParts({ start, fields, body: octets }: Parts, random: Random): string {
  // Most messages tell their true length: a lie ends the reading early.
  const told = random.oneIn(8)
    ? fields
    : fields.map(field => (/^(content-length|l)\s*:/i.test(field) ? `Content-Length: ${octets.length}` : field))
  return `${[start, ...told].join('\r\n')}\r\n\r\n${octets}`
}

/** One to five changes; sometimes of the text as a whole. */
export function mutateMessage(text: string, other: string, random: Random): string {
  if (random.oneIn(6)) return mutateText(text, other, random)
  const [parts, foreign] = [readParts(text), readParts(other)]
  for (let changes = 1 + random.below(1 + random.below(5)); changes > 0; changes--) {
    random.pick(MUTATORS)(parts, foreign, random)
  }
  return writeParts(parts, random)
}
