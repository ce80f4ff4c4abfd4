/** Where a call goes, as an operator writes and reads it: `extension:101`, `group:200`, `external:+4930…`, `trunk:pbx`, `reject`. */
import type { CallTarget } from '../directory/number.ts'

export const TARGET_EXAMPLES = 'extension:101, group:200, external:+4930123456, trunk:pbx, reject'

export function formatTarget(target: CallTarget): string {
  switch (target.kind) {
    case 'extension':
    case 'group':
      return `${target.kind}:${target.number}`
    case 'external':
      return `external:${target.e164}`
    case 'trunk':
      return `trunk:${target.name}`
    case 'reject':
      return 'reject'
  }
}

/** Undefined where it is none. Whether what it names exists is the directory's to say. */
export function parseTarget(text: string): CallTarget | undefined {
  if (text === 'reject') return { kind: 'reject' }
  const [, kind, value = ''] = /^([a-z]+):(.{1,64})$/.exec(text) ?? []
  switch (kind) {
    case 'extension':
    case 'group':
      return /^[A-Za-z0-9._-]{1,32}$/.test(value) ? { kind, number: value } : undefined
    case 'external':
      return /^\+[1-9]\d{1,14}$/.test(value) ? { kind, e164: value } : undefined
    case 'trunk':
      return /^[a-z0-9-]{1,32}$/.test(value) ? { kind, name: value } : undefined
    default:
      return undefined
  }
}
