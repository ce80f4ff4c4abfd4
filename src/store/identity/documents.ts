/** Documents of this folder, and what may be asked of a column. */

/** JSON knows no undefined: null stands for it, and no field means null. */
export function documentOf(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => (value === undefined ? null : value))
}

export function fromDocument(text: unknown): Record<string, unknown> {
  return withoutNull(JSON.parse(String(text))) as Record<string, unknown>
}

function withoutNull(value: unknown): unknown {
  if (value === null) return undefined
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutNull)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutNull(each)]))
}

/** PostgreSQL's text has no NUL: nothing is found by such a one, and that is no error. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000')
}
