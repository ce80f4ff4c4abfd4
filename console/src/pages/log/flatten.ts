/** All values of an event's data by their path, as `data.…` of the filter language names them. */
export interface Leaf {
  readonly path: string
  readonly value: string
}

const MAXIMUM_LEAVES = 300

export function flatten(value: unknown, path = ''): readonly Leaf[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [{ path, value: String(value) }]
  const parts = Array.isArray(value)
    ? value.map(each => [path, each] as const)
    : Object.entries(value).map(([name, each]) => [path === '' ? name : `${path}.${name}`, each] as const)
  return parts.flatMap(([name, each]) => flatten(each, name)).slice(0, MAXIMUM_LEAVES)
}
