/** Writes docs/number-plan.md from the tables that the routing and its tests work with. */
import { test } from 'node:test'
import {
  EMERGENCY_NUMBERS,
  EMERGENCY_TEST_NUMBERS,
  WITHHOLD_CODES,
  WORLDWIDE_HABIT,
} from '../../src/routing/data/emergency-numbers.ts'
import { FRAUD_PRONE_COUNTRIES } from '../../src/routing/data/destination-ranges.ts'
import { FEATURE_CODES } from '../../src/routing/feature-codes.ts'
import { EVASIONS, type EvasionPlan } from '../support/evasions.ts'
import { checkGenerated } from './generated.ts'

const COLUMNS = 3

const code = (text: string): string => `\`${text}\``
const row = (...cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`

const INTRODUCTION = `# What is dialled, and what it means

Written by \`UPDATE_DOCS=true npm run documentation\` from the tables of the program and of its tests.

## The order

1. **Calls for help**, before anything else, whatever else is configured.
2. **Extensions**, then **ring groups**: as dialled, then without what only makes a number readable (\`1-01\` is 101).
3. **Functions** of the telephone system (below).
4. 112, 911, and emergency numbers behind a 0 or 9 that nobody has configured: help, too.
5. **Outside numbers**. One of our own stays inside. All others: is the country open, is the class open?

## How outside numbers are dialled

\`ringfence calling set\` says the country, the outside-line prefix and the area code of the organisation.

- With an **outside-line prefix**, every outside number begins with it, and what does not is an extension. \`+\` needs none;
  \`9+44…\` is understood as well.
- **International**: \`+\`, or the country's own prefix (00, 011, 0011, 8 10 …), with the code of a carrier where the country has such codes.
- **National**: with the country's national prefix, where it has one.
- **Local**: without an area code, where the organisation has one configured.
- **By habit**: where none of these is a number, 00 and 011 are tried in every country, zeros before the country code are dropped, and a
  number may lack its national prefix or the \`+\` before its own country's code.

Digits may be of any script, with the usual separators between them and one \`#\` at the end. Parameters (\`;user=phone\`, \`;ext=…\`) are no
part of the number, but for a global \`;phone-context=\` (RFC 3966), which stands before it. **Two numbers that are equally
possible, or none: the call is denied**, with a rule (\`ROUTE_…\`, [error codes](errors.md)) and a reason.

What goes out is always written anew from the one E.164 number; no carrier code, no padding and no letter of what was dialled leaves the house.
`

const CLASSES = `
## Classes

| class | what | by default |
|---|---|---|
| \`ordinary\` | fixed, mobile, free of charge | open in the home country |
| \`special-service\` | premium rate, shared cost, personal and company-wide numbers, pagers, mailboxes, internet telephony where it costs extra | closed |
| \`fraud-prone\` | satellites and networks of no country (+800, +808, +870, +878, +881, +882, +883, +888, +979), and the countries below | closed |

Opening a country opens its ordinary numbers; a class is opened apart, and then for all countries that are open. Networks of no country need
the class only. The home country is what the number plan says, not the calling code: for a business in the US, Jamaica
(+1 876) is abroad, and so are Guernsey and Jersey for one in the United Kingdom, and the Vatican (+39 06 698) for one in Italy.

Fraud-prone but for those who live there: ${FRAUD_PRONE_COUNTRIES.join(', ')}.
`

function featureTable(): string {
  const rows = FEATURE_CODES.map(({ code: keys, argument, meaning }) =>
    row(code(keys + { none: '', optional: '[NUMBER]', required: 'SLOT' }[argument]), meaning),
  )
  return `\n## Functions\n\n| code | what it does |\n|---|---|\n${rows.join('\n')}\n`
}

function titleOf({ country, outsidePrefix, areaCode }: EvasionPlan): string {
  const parts = [country]
  if (outsidePrefix !== undefined) parts.push(`outside line ${outsidePrefix}`)
  if (areaCode !== undefined) parts.push(`area code ${areaCode}`)
  return parts.join(', ')
}

/** Marks that nobody sees are shown as what they are. */
function visible(text: string): string {
  return code(
    text.replace(
      /[\u00a0\u2000-\u206f]/g,
      mark => `<U+${mark.codePointAt(0)!.toString(16).padStart(4, '0').toUpperCase()}>`,
    ),
  )
}

function evasionTable(): string {
  const rows = EVASIONS.flatMap(({ plan, rows: all }) =>
    all.map(({ dialled, trick, becomes }) =>
      row(titleOf(plan), visible(dialled), trick, becomes.startsWith('+') ? becomes : `denied: ${code(becomes)}`),
    ),
  )
  return `
## Evasions

The same number written so that a check sees another one. Every row is a test, and thousands more are made up in each run and compared with
libphonenumber-js (\`src/routing/evasions.test.ts\`). What comes out is then judged by country and class.

| organisation | dialled | what is tried | becomes |
|---|---|---|---|
${rows.join('\n')}
`
}

function emergencyTable(): string {
  const cells = Object.entries(EMERGENCY_NUMBERS).map(
    ([country, [, ...numbers]]) => [country, numbers.join(' ')] as const,
  )
  const height = Math.ceil(cells.length / COLUMNS)
  const lines = Array.from({ length: height }, (_, line) =>
    row(...Array.from({ length: COLUMNS }, (_column, column) => cells[column * height + line] ?? ['', '']).flat()),
  )
  const heads = row(...Array.from({ length: COLUMNS }, () => ['country', 'numbers']).flat())
  const tests = Object.entries(EMERGENCY_TEST_NUMBERS).map(([country, numbers]) => `${country} ${numbers.join(' ')}`)
  const hidden = WITHHOLD_CODES['']!.map(code).join(', ')
  return `
## Emergency numbers

Recognised: the number alone, after the outside-line prefix, with \`+\` or the country's own code before it (\`+112\`, \`+49112\`, \`0049112\`: what phones
make of it that rewrite numbers; none of these is a telephone number), after a code that hides the caller (${hidden}
and the country's own), with a \`#\` after it, with any parameters, in digits of any script; and \`urn:service:sos\` with all that stands below it (RFC 5031).
Neither an unknown country nor any other nonsense in the configuration changes that: then 112, 911, 999 and 000 count.

No extension or ring group may have a number of this table. ${WORLDWIDE_HABIT.join(' and ')} lead to the country's main number (its first below) everywhere,
unless an extension or group has that number. For test calls: ${tests.join(', ')}; whether a provider has it, it must say itself.

The numbers are facts collected from public data ([NOTICE](../NOTICE)), not a promise of any authority: see that yours are in it.

${heads}
|${'---|'.repeat(COLUMNS * 2)}
${lines.join('\n')}
`
}

test('docs/number-plan.md says what the tables say', () => {
  checkGenerated('docs/number-plan.md', INTRODUCTION + featureTable() + CLASSES + evasionTable() + emergencyTable())
})
