import type { SipRequest } from '../../sip/message/types.ts'
import { PASS } from '../types.ts'
import { mayBeForHelp } from './for-help.ts'
import { drop, type MessageCheck, UNPROVEN } from './types.ts'

/** In lower case. None of them has a place in a name, a number, a host or a phone's description of itself. */
const PATTERNS: readonly (readonly [kind: string, ...texts: string[]])[] = [
  [
    'SQL',
    "' or ",
    "'or'",
    "' and ",
    'union select',
    'union all',
    ';--',
    "';",
    'sleep(',
    'benchmark(',
    '@@version',
    'drop table',
  ],
  ['a shell', '$(', '`', '|nc ', ';wget', ';curl', '&&', '/bin/', 'cmd.exe', 'powershell', '${ifs'],
  ['a script', '<script', 'javascript:', 'onerror=', 'onload='],
  ['a look-up', '${jndi', '${env', '#{', '{{'],
  ['a path', '../', '..\\', '/etc/', 'c:\\'],
  ['a format string', '%n%n', '%s%s', '%x%x', '%p%p'],
]

const HEADERS = ['User-Agent', 'Call-ID', 'Contact', 'Subject', 'Organization', 'Reason', 'Referred-By'] as const
/** More of a header is not looked at: it is no name any more, and parsing has its own bounds. */
const MAXIMUM_LOOKED_AT = 1_024

export const dropInjection: MessageCheck = {
  id: 'dropInjection',
  description:
    'Text that is meant for what stands behind a phone system: SQL, shell commands, scripts, look-ups, paths and format strings in names, numbers and headers.',
  standings: UNPROVEN,
  judge(message, { standing }) {
    if (message.kind === 'response' || mayBeForHelp(message, standing)) return PASS
    for (const text of textsOf(message)) {
      const found = injectionIn(text)
      if (found !== undefined) return drop('dropInjection', `a name or header that looks like ${found}`)
    }
    return PASS
  },
}

/** What it looks like, or undefined. Linear in the length of the text. */
export function injectionIn(text: string): string | undefined {
  const lower = text.length > MAXIMUM_LOOKED_AT ? text.slice(0, MAXIMUM_LOOKED_AT).toLowerCase() : text.toLowerCase()
  if (!ANY.test(lower)) return undefined
  return PATTERNS.find(([, ...texts]) => texts.some(each => lower.includes(each)))?.[0]
}

const ANY = new RegExp(
  PATTERNS.flatMap(([, ...texts]) => texts)
    .map(text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|'),
)

function textsOf(request: SipRequest): readonly string[] {
  const texts: string[] = []
  for (const { displayName, uri } of [request.from, request.to]) {
    if (displayName !== undefined) texts.push(displayName)
    if (uri.kind === 'sip') texts.push(uri.user ?? '')
  }
  if (request.requestUri.kind === 'sip') texts.push(request.requestUri.user ?? '')
  for (const name of ['Authorization', 'Proxy-Authorization'] as const) {
    for (const { parameters } of request.credentials(name)) texts.push(parameters.get('username') ?? '')
  }
  for (const name of HEADERS) {
    const value = request.header(name)
    if (value !== undefined) texts.push(value)
  }
  return texts
}
