/** What a phone sent as the user of a Request-URI, split into what is a number in it (RFC 3966 §3) and refused where it is none. */
import { symbolsOf, withoutParameters } from './symbols.ts'
import type { RouteRule } from './types.ts'

export interface DeniedDialling {
  readonly rule: RouteRule
  readonly reason: string
}

/** Keys: `+` only at the front, digits; `*` and `#` are gone or refused. */
export type DialledKeys = { readonly keys: string } | DeniedDialling

const CONTEXT = 'phone-context'

export function deny(rule: RouteRule, reason: string): DeniedDialling {
  return { rule, reason }
}

/** An outside number as keys. A global `phone-context` stands before a local number (RFC 3966 §5.1.5). */
export function keysOfNumber(dialled: string): DialledKeys {
  const symbols = symbolsOf(withoutParameters(dialled))
  if (symbols === undefined) return deny('ROUTE_MALFORMED', 'too long for a telephone number')
  // Some phones send the key that ends dialling.
  const keys = symbols.endsWith('#') ? symbols.slice(0, -1) : symbols
  const context = globalContext(dialled)
  if (context === undefined) return { keys }
  if (typeof context !== 'string') return context
  if (keys.startsWith('+'))
    return deny('ROUTE_AMBIGUOUS_NUMBER', 'a number with "+" and a phone-context: one of them must go')
  return { keys: context + keys }
}

/** A domain as context says nothing about the number. */
function globalContext(dialled: string): string | undefined | DeniedDialling {
  const first = dialled.indexOf(';')
  if (first === -1) return undefined
  if (dialled.length > 512) return deny('ROUTE_MALFORMED', 'too long for a telephone number')
  const contexts = dialled
    .slice(first + 1)
    .split(';')
    .map(parameter => parameter.split('=', 2))
    .filter(([name = '']) => name.trim().toLowerCase() === CONTEXT)
    .map(([, value = '']) => value.trim())
  if (contexts.length > 1) return deny('ROUTE_AMBIGUOUS_NUMBER', 'more than one phone-context')
  const [context] = contexts
  if (context === undefined) return undefined
  const keys = symbolsOf(context) ?? ''
  if (/^\+\d{1,15}$/.test(keys)) return keys
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?$/.test(context) && /[A-Za-z]/.test(context)) return undefined
  return deny('ROUTE_MALFORMED', 'a phone-context that is neither a number with "+" nor a domain')
}
