/** Passwords that attackers try first. Looked up as lower case. */

const KEYBOARD = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1234567890',
  'qwertzuiop',
  'azertyuiop',
  '1qaz2wsx3edc4rfv5tgb6yhn',
]
const LINES = KEYBOARD.flatMap(row => [row, [...row].toReversed().join('')])
const WORDS = new Set([
  'password',
  'passwort',
  'passw0rd',
  'p@ssword',
  'p@ssw0rd',
  'welcome',
  'administrator',
  'admin',
  'letmein',
  'iloveyou',
  'changeme',
  'default',
  'secret',
  'master',
  'telephone',
  'voicemail',
  'asterisk',
  'freepbx',
  'ringfence',
  'monkey',
  'dragon',
  'football',
  'baseball',
  'superman',
  'princess',
  'sunshine',
  'trustno',
  'company',
  'summer',
  'winter',
  'spring',
  'autumn',
])

/** A known word or a run of the keyboard, with digits and signs around it. */
export function isCommon(lower: string): boolean {
  const letters = lower.replace(/^[^a-z@0]+|[^a-z@0]+$/g, '')
  for (const word of WORDS) {
    const times = letters.split(word).length - 1
    if (times > 0 && letters.replaceAll(word, '').length <= 3) return true
  }
  return coveredByKeyboard(lower) >= lower.length * 0.75
}

const SHORTEST_RUN = 4

/** Characters that lie in runs along a row of the keyboard, forwards or backwards. */
function coveredByKeyboard(text: string): number {
  let covered = 0
  for (let at = 0; at < text.length; ) {
    const run = Math.max(...LINES.map(line => runAt(text, at, line)))
    covered += run >= SHORTEST_RUN ? run : 0
    at += run >= SHORTEST_RUN ? run : 1
  }
  return covered
}

function runAt(text: string, at: number, line: string): number {
  let longest = 0
  for (let start = line.indexOf(text[at]!); start >= 0; start = line.indexOf(text[at]!, start + 1)) {
    let length = 1
    while (at + length < text.length && text[at + length] === line[start + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}
