/** Reads the boolean part of a query language: brackets, and, or, not, and terms that the language reads itself. */

export type Predicate<T> = (document: T) => boolean

export interface QueryLanguage<T> {
  /** A term at the beginning of the text, and its length; undefined: there is none. */
  term(text: string): { readonly length: number; readonly holds: Predicate<T> } | undefined
  /** Splunk's `search` binds OR closer than AND. */
  readonly orFirst: boolean
}

/** Throws where the text is no query. */
export function readQuery<T>(text: string, language: QueryLanguage<T>): Predicate<T> {
  let rest = text.trimStart()
  const takes = (pattern: RegExp): boolean => {
    const found = pattern.exec(rest)
    if (found === null) return false
    rest = rest.slice(found[0].length).trimStart()
    return true
  }
  const orWord = (): boolean => takes(/^or(?![\w:.])/i)
  /** Side by side means and. */
  const andWord = (): boolean => takes(/^and(?![\w:.])/i) || (rest !== '' && !/^(\)|or(?![\w:.]))/i.test(rest))
  const either = (part: () => Predicate<T>): Predicate<T> => {
    const parts = [part()]
    while (orWord()) parts.push(part())
    return document => parts.some(each => each(document))
  }
  const both = (part: () => Predicate<T>): Predicate<T> => {
    const parts = [part()]
    while (andWord()) parts.push(part())
    return document => parts.every(each => each(document))
  }
  const whole = (): Predicate<T> => (language.orFirst ? both(() => either(single)) : either(() => both(single)))
  const single = (): Predicate<T> => {
    if (takes(/^not(?![\w:.])/i)) {
      const inner = single()
      return document => !inner(document)
    }
    if (takes(/^\(/)) {
      const inner = whole()
      if (!takes(/^\)/)) throw new Error(`no bracket before: ${rest}`)
      return inner
    }
    const term = language.term(rest)
    if (term === undefined) throw new Error(`no term: ${rest}`)
    rest = rest.slice(term.length).trimStart()
    return term.holds
  }
  const query = whole()
  if (rest !== '') throw new Error(`goes on: ${rest}`)
  return query
}

/** Every value of a document by its path; `list`: what stands behind the name of a list. */
export function valuesByPath(
  value: unknown,
  list: string,
  path = '',
  into = new Map<string, string[]>(),
): Map<string, string[]> {
  if (Array.isArray(value)) for (const each of value) valuesByPath(each, list, `${path}${list}`, into)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value))
      valuesByPath(each, list, path === '' ? name : `${path}.${name}`, into)
  } else if (value !== undefined && value !== null) into.set(path, [...(into.get(path) ?? []), String(value)])
  return into
}

/** `*` stands for others; of Lucene `?`, too, and a backslash takes that from what follows it. */
export function wildcardPattern(text: string, isLucene: boolean): RegExp {
  const parts = text.match(isLucene ? /\\.|[\s\S]/g : /[\s\S]/g) ?? []
  const source = parts.map(part => {
    if (part === '*') return '.*'
    if (part === '?' && isLucene) return '.'
    return (part.length === 2 ? part[1]! : part).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 's')
}
