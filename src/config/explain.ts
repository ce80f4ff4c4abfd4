/** Turns the first finding of the schema into one line: setting, problem, example. */
import type { z } from 'zod'
import type { ConfigurationError } from './errors.ts'
import { configurationError } from './errors.ts'
import { EXAMPLES, exampleFor } from './examples.ts'
import { nearest } from './suggest.ts'

type Issue = z.core.$ZodIssue

export function explainIssue(issue: Issue): ConfigurationError {
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path, issue.keys[0]!)
  if (issue.code === 'invalid_union') return explainUnion(issue)
  const key = nameOf(issue.path)
  const missing = issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message)
  if (missing && key.startsWith('allowInsecure')) {
    return configurationError('CONFIG_INSECURE_INCOMPLETE', key, 'is missing', exampleFor(issue.path))
  }
  return configurationError(
    'CONFIG_INVALID_VALUE',
    key,
    missing ? 'is missing' : problemOf(issue),
    exampleFor(issue.path),
  )
}

/** Of the alternatives, the one that came furthest speaks. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>): ConfigurationError {
  const findings = issue.errors.map(errors => errors.find(each => each.code !== 'unrecognized_keys') ?? errors[0])
  const deepest = findings
    .filter(finding => finding !== undefined)
    .toSorted((a, b) => b.path.length - a.path.length || rank(a) - rank(b))[0]
  if (deepest === undefined) {
    return configurationError('CONFIG_INVALID_VALUE', nameOf(issue.path), 'is not valid', exampleFor(issue.path))
  }
  return explainIssue({ ...deepest, path: [...issue.path, ...deepest.path] } as Issue)
}

function rank(issue: Issue): number {
  return issue.code === 'unrecognized_keys' ? 1 : 0
}

function unknownKey(path: readonly PropertyKey[], key: string): ConfigurationError {
  const prefix = path.filter(part => typeof part === 'string').map(part => `${String(part)}.`)
  const known = Object.keys(EXAMPLES)
    .filter(name => name.startsWith(prefix.join('')))
    .map(name => name.slice(prefix.join('').length))
    .filter(name => name !== '' && !name.includes('.'))
  const shown = nameOf([...path, key.replace(/[^\x21-\x7e]/g, '?').slice(0, 60)])
  const suggestion = nearest(key, known)
  const problem = suggestion === undefined ? `is not a setting; known here: ${known.join(', ')}` : 'is not a setting'
  const text = suggestion === undefined ? problem : `${problem}; did you mean ${suggestion}?`
  return { code: 'CONFIG_UNKNOWN_KEY', key: shown, message: `${shown} ${text}` }
}

function nameOf(path: readonly PropertyKey[]): string {
  let name = ''
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`
    else name += `${name === '' ? '' : '.'}${String(part)}`
  }
  return name === '' ? 'the configuration' : name
}

function problemOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'array' && issue.message.startsWith('names no')
        ? issue.message
        : `is below ${issue.minimum}`
    case 'too_big':
      return issue.message.startsWith('is ') ? issue.message : `is above ${issue.maximum}`
    case 'invalid_type':
      return `is not ${article(issue.expected)}`
    case 'invalid_value':
      return issue.message.startsWith('has to') ? issue.message : `is none of ${issue.values.join(', ')}`
    default:
      return issue.message
  }
}

function article(kind: string): string {
  if (kind === 'int') return 'a whole number'
  if (kind === 'object') return 'a group of settings'
  if (kind === 'array') return 'a list'
  return kind === 'number' ? 'a number' : `a ${kind === 'string' ? 'text' : kind}`
}
