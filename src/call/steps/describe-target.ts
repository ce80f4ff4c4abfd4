/** Where a call goes, in words. */
import type { CallTarget } from '../../directory/number.ts'

/** For events: `extension 101`, `outside +49…`. */
export function describeTarget(target: CallTarget): string {
  switch (target.kind) {
    case 'extension':
    case 'group':
      return `${target.kind} ${target.number}`
    case 'external':
      return `outside ${target.e164}`
    case 'trunk':
      return `trunk ${target.name}`
    case 'reject':
      return 'nowhere'
  }
}
