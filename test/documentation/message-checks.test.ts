/** The part of docs/firewall.md that lists the checks is written from the checks. */
import { test } from 'node:test'
import { MESSAGE_CHECKS, REFUSAL_CHECKS } from '../../src/firewall/checks/index.ts'
import { EVERYBODY, type MessageCheck } from '../../src/firewall/checks/types.ts'
import { checkGeneratedPart } from './generated.ts'

function concerned({ standings }: MessageCheck): string {
  const others = EVERYBODY.filter(standing => !standings.includes(standing))
  if (others.length === 0) return 'everybody'
  return others.length <= 2 ? `everybody but ${others.join(', ')}` : standings.join(', ')
}

test('docs/firewall.md lists every check in its order', () => {
  const checks = [...new Set([...MESSAGE_CHECKS, ...REFUSAL_CHECKS])]
  const rows = checks.map(check => `| \`${check.id}\` | ${check.description} | ${concerned(check)} |`)
  checkGeneratedPart(
    'docs/firewall.md',
    'message-checks',
    ['| check | what it stops | asked about |', '|---|---|---|', ...rows].join('\n'),
  )
})
