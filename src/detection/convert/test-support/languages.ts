/** So much of Splunk's `search` and of Lucene's query strings as our converter writes, read by rules of theirs, not by ours. */
import { parseNetwork } from '../../../base/network.ts'
import { type QueryLanguage, wildcardPattern } from './boolean-query.ts'

type Values = ReadonlyMap<string, readonly string[]>

const compare: Readonly<Record<string, (held: number, asked: number) => boolean>> = {
  '>': (held, asked) => held > asked,
  '>=': (held, asked) => held >= asked,
  '<': (held, asked) => held < asked,
  '<=': (held, asked) => held <= asked,
}

/** https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Search: looks at no case; a list of networks matches addresses. */
export const SPLUNK_SEARCH: QueryLanguage<Values> = {
  orFirst: true,
  term(text) {
    const found = /^("?)([\w.:{}-]+)\1(>=|<=|=|>|<)("(?:[^"\\]|\\.)*"|[^\s()]+)/.exec(text)
    if (found === null) return undefined
    const [whole, , name = '', operator = '', raw = ''] = found
    const value = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw
    return {
      length: whole.length,
      holds(document) {
        const held = document.get(name) ?? []
        if (operator !== '=') return held.some(each => compare[operator]!(Number(each), Number(value)))
        if (value === '*') return held.length > 0
        const network = value.includes('/') ? parseNetwork(value) : undefined
        if (network !== undefined) return held.some(each => network.includes(each))
        const pattern = new RegExp(wildcardPattern(value, false).source, 'si')
        return held.some(each => pattern.test(each))
      },
    }
  },
}

/** https://www.elastic.co/guide/en/elasticsearch/reference/current/query-dsl-query-string-query.html on keywords, numbers and addresses. */
export const LUCENE: QueryLanguage<Values> = {
  orFirst: false,
  term(text) {
    const found =
      /^(?:([\w.@-]+):)?(?:(>=|<=|>|<)(-?[\d.]+)|("(?:[^"\\]|\\.)*")|(\/(?:[^/\\]|\\.)*\/)|((?:\\.|[^\s()"\\])+))/.exec(
        text,
      )
    if (found === null) return undefined
    const [whole, name = '', operator, number, phrase, pattern, word] = found
    const test = ((): ((each: string) => boolean) => {
      if (operator !== undefined) return each => compare[operator]!(Number(each), Number(number))
      if (pattern !== undefined) {
        const whole = new RegExp(`^(?:${pattern.slice(1, -1)})$`, 's')
        return each => whole.test(each)
      }
      if (phrase !== undefined) {
        const value = phrase.slice(1, -1).replace(/\\(.)/g, '$1')
        const network = name.endsWith('.ip') && value.includes('/') ? parseNetwork(value) : undefined
        return network === undefined ? each => each === value : each => network.includes(each)
      }
      const whole = wildcardPattern(word ?? '', true)
      return each => whole.test(each)
    })()
    return {
      length: whole.length,
      holds(document) {
        if (name === '_exists_') return (document.get(word ?? '') ?? []).length > 0
        const held = name === '' ? [...document.values()].flat() : (document.get(name) ?? [])
        return held.some(test)
      },
    }
  },
}
