/** A value of Sigma with its wildcards, in parts: `*` and `?` stand for others, a backslash before one takes that from it. */
export type ValuePart = { readonly text: string } | { readonly any: 'many' | 'one' }

export function partsOf(value: string): readonly ValuePart[] {
  const parts: ValuePart[] = []
  for (const [, escaped, wild, plain] of value.matchAll(/\\([*?\\])|([*?])|([^*?\\]+|\\)/g)) {
    if (wild !== undefined) parts.push({ any: wild === '*' ? 'many' : 'one' })
    else parts.push({ text: escaped ?? plain ?? '' })
  }
  return parts
}

export function hasWildcards(value: string): boolean {
  return partsOf(value).some(part => 'any' in part)
}

/** The value as it stands, without what escapes anything in it. */
export function plainText(value: string): string {
  return partsOf(value)
    .map(part => ('text' in part ? part.text : part.any === 'many' ? '*' : '?'))
    .join('')
}
