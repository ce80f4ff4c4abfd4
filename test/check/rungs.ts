/** The ladder: what is checked, in which order, by which command. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../support/places.ts'

/** Programs (command, program, arguments) that say by their exit codes whether all is well; counted as one test. */
export interface ToolRung {
  readonly name: string
  readonly tools: readonly (readonly string[])[]
  readonly peers: false
  readonly limitMinutes: number
}

/** Files for `node --test`. */
export interface TestRung {
  readonly name: string
  readonly files: readonly string[]
  /** Files at once; undefined: as many as there are cores. */
  readonly concurrency: number | undefined
  /** True where a skipped test means that a foreign program is missing. */
  readonly peers: boolean
  readonly limitMinutes: number
}

export type Rung = ToolRung | TestRung

function find(...patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { cwd: repositoryRoot }).toSorted()
}

function tests(name: string, files: readonly string[], options: Partial<TestRung> = {}): TestRung {
  return { name, files, concurrency: undefined, peers: false, limitMinutes: 10, ...options }
}

/** With our own Node.js: that of the system may be too old for the tools. */
function tool(name: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(repositoryRoot, 'node_modules', '.bin', name), ...args]
}

/** With real phones and captures, tests disturb each other on few cores. */
const ALONE = { concurrency: 1, peers: true, limitMinutes: 15 } as const

export const RUNGS: readonly Rung[] = [
  { name: 'format', tools: [tool('biome', 'format', '.')], peers: false, limitMinutes: 5 },
  {
    name: 'lint',
    tools: [
      tool('biome', 'lint', '--error-on-warnings', '.'),
      tool('oxlint', '--quiet', '-c', '.oxlintrc.json', 'src', 'test'),
    ],
    peers: false,
    limitMinutes: 5,
  },
  {
    name: 'types',
    tools: [tool('tsc', '--noEmit'), tool('tsc', '--noEmit', '-p', 'console')],
    peers: false,
    limitMinutes: 5,
  },
  tests('architecture', find('test/architecture.test.ts')),
  tests('unit', [
    ...find('src/**/*.test.ts'),
    ...find('examples/**/*.test.ts'),
    ...find('console/src/**/*.test.ts'),
    ...find('test/*.test.ts', 'test/support/*.test.ts', 'test/check/*.test.ts').filter(
      file => file !== 'test/architecture.test.ts',
    ),
  ]),
  tests('conformance', find('test/conformance/**/*.test.ts')),
  tests('golden', find('test/golden/**/*.test.ts')),
  tests('fuzz', find('test/fuzz/**/*.test.ts')),
  tests('interop', find('test/interop/**/*.test.ts'), ALONE),
  tests('attack', find('test/attack/**/*.test.ts'), ALONE),
  tests('browser', find('test/browser/**/*.test.ts'), ALONE),
  tests('faults', find('test/faults/**/*.test.ts'), ALONE),
  tests('soak', find('test/soak/**/*.test.ts'), { concurrency: 2 }),
  tests('documentation', find('test/documentation/**/*.test.ts')),
]
