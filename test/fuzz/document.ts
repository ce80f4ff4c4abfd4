/** Writes docs/fuzzing.md: what a real run did, never by hand. */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../support/places.ts'
import type { Exchange } from './server/strangers.ts'
import type { FuzzResult } from './engine/fuzzer.ts'

export interface TargetRun extends FuzzResult {
  readonly target: string
  /** The file that was written where an invariant broke. */
  readonly crasher: string | undefined
  readonly kept: number
}

export interface DoorRun {
  readonly door: string
  readonly exchange: Exchange
}

export const TEXT = `# Fuzzing

Our own fuzzer (\`test/fuzz/engine\`) changes inputs with knowledge of their grammar, in categories after the PROTOS c07-sip suite:
overflow, format strings, UTF-8, escapes, malformed addresses, line ends, integers, separators, nesting, empty, repeated and missing
fields. V8's block coverage, read through \`node:inspector\`, says which input reached something new; that one is kept and changed
further. A target (\`test/fuzz/targets\`) is a function that throws where an invariant does not hold:

- nothing throws but what is documented, and no answer holds a line of the attacker;
- what is accepted is written and read back the same, and written again to the same octets;
- time grows with the length only (processor time of the thread, at a length and at four times that length);
- nothing is kept: memory in use after the second half of a run is that of before it;
- a datagram that is refused as malformed gets at most one answer, never longer than itself; a stranger's datagram gets none at all.
  On a network that a plaintext listener names, a challenge may be longer than its request, but comes once and leaves nothing behind;
- a stranger leaves no transaction, timer, call, binding or nonce behind when the timers have run;
- no packet without the key is taken, passed on, or moves the media; both SRTP cipher backends give the same verdict.

\`test/fuzz/server\` does the same to the running server over UDP, TCP, TLS, WSS and its media ports, as a stranger and as a registered phone.

| command | what it does |
|---|---|
| \`npm run fuzz\` | every target for a few seconds, the server over sockets, every crasher so far; part of \`npm run check\` |
| \`npm run fuzz:hour\` | one hour of all targets; keeps the corpus small, writes this page |
| \`tools/node test/fuzz/run.ts --minutes 5 --target uri --seed 7\` | one target, a given seed |

A crasher is written to \`test/fuzz/crashers\`, made as small as it goes; from then on it is a test. A block is a function or a
branch that V8 counts, in the files that a target names; those that no input can reach through it (the other half of a file) count too.
`

export function documentRun(
  runs: readonly TargetRun[],
  doors: readonly DoorRun[],
  options: { readonly seed: number; readonly minutes: number },
): void {
  const executions = runs.reduce((sum, run) => sum + run.executions, 0)
  const lines = [
    TEXT,
    '## The last documented run',
    '',
    `${new Date().toISOString().slice(0, 10)}, seed ${options.seed}, ${options.minutes} minutes, ${executions.toLocaleString('en')} inputs; ` +
      `Node.js ${process.version} on ${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}.`,
    '',
    '| target | inputs | a second | blocks reached | of | corpus | crashers |',
    '|---|--:|--:|--:|--:|--:|---|',
    ...runs.map(row),
    ...doorTable(doors),
    '',
  ]
  writeFileSync(join(repositoryRoot, 'docs/fuzzing.md'), lines.join('\n'))
}

function row({ target, executions, milliseconds, blocks, kept, crasher }: TargetRun): string {
  const rate = Math.round(executions / (milliseconds / 1000))
  const figures = [executions, rate, blocks.covered, blocks.known, kept].map(figure => figure.toLocaleString('en'))
  return `| ${target} | ${figures.join(' | ')} | ${crasher === undefined ? 'none' : `\`${crasher}\``} |`
}

/** Whoever broke something has ended the run before this is written. */
function doorTable(doors: readonly DoorRun[]): readonly string[] {
  if (doors.length === 0) return []
  return [
    '',
    'The running server, at its doors, while a call went on; afterwards it was well, and quiet (`test/fuzz/server/storm.ts`):',
    '',
    '| door | messages | octets in | octets out |',
    '|---|--:|--:|--:|',
    ...doors.map(({ door, exchange: { sent, octetsSent, octetsReceived } }) => {
      const figures = [sent, octetsSent, octetsReceived].map(figure => figure.toLocaleString('en'))
      return `| ${door} | ${figures.join(' | ')} |`
    }),
  ]
}
