/** `ringfence detections test FILE…`: do rules find what they have to, and leave the harmless alone? Needs no server. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import type { DetectionFile, DetectionTestView } from '../../api/detection-operations.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { type Cell, printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'

const WHAT_IT_DOES = `
A file holds Sigma rules; NAME.streams.yaml beside NAME.yml holds, for each of them, a stream of events that it has to find
something in (attack), and one that it has to find nothing in (benign): docs/detections.md. A folder means all its files.
Exit code 1 where a file cannot be read, or a rule does not do what its streams ask for, or has none.`

const MAXIMUM_FILES = 40
const MAXIMUM_SIZE = 65_536
const STREAMS = '.streams.yaml'

export function testCommand(runner: Runner): Command {
  return describeCommand('test', 'try rules on their own streams of events, without a server', [
    'detections test my-rule.yml',
    'detections test /etc/ringfence/detections',
  ])
    .argument('<file...>', 'rules, or folders of them')
    .addHelpText('after', WHAT_IT_DOES)
    .action(
      runner.action(async (context, names) => {
        const tested = await context.ports.testDetections(readRuleFiles(names))
        if (context.options.json) context.printJson(tested)
        else print(context, tested)
        const fine = tested.rules.every(each => each.outcome === 'passed' || each.outcome === 'base')
        return fine && tested.problems.length === 0 && tested.rules.length > 0 ? undefined : EXIT.failed
      }),
    )
}

/** With the streams beside them. Throws CommandError. */
export function readRuleFiles(names: readonly string[]): readonly DetectionFile[] {
  const paths = new Set(names.flatMap(name => (isFolder(name) ? filesIn(name) : [name])))
  for (const path of paths) {
    const beside = path.replace(/\.ya?ml$/, STREAMS)
    if (!path.endsWith(STREAMS) && existsSync(beside)) paths.add(beside)
  }
  if (paths.size > MAXIMUM_FILES) {
    throw new CommandError('COMMAND_USAGE', `these are ${paths.size} files; ${MAXIMUM_FILES} at most are tried at once`)
  }
  return [...paths].map(path => ({ name: basename(path), text: read(path) }))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter(name => /\.ya?ml$/.test(name))
    .toSorted()
    .map(name => join(folder, name))
}

function read(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) throw new CommandError('COMMAND_FILE', `${path} does not exist`)
  if (!facts.isFile()) throw new CommandError('COMMAND_FILE', `${path} is no file`)
  if (facts.size > MAXIMUM_SIZE) throw new CommandError('COMMAND_FILE', `${path} is longer than ${MAXIMUM_SIZE} octets`)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${path} cannot be read: ${(error as Error).message}`)
  }
}

function print(context: CommandContext, { rules, problems }: DetectionTestView): void {
  context.printTable(
    ['RULE', 'ATTACK', 'BENIGN', 'OUTCOME'],
    rules.map(({ title, attack, benign, outcome }) => [
      title,
      attack === null ? '-' : `found ${attack}`,
      benign === null ? '-' : `found ${benign}`,
      outcomeCell(outcome),
    ]),
  )
  for (const { file, where, problem } of problems) {
    context.print(`PROBLEM ${printable(file)}, ${printable(where)}: ${printable(problem, 500)}\n`)
  }
}

function outcomeCell(outcome: DetectionTestView['rules'][number]['outcome']): Cell {
  if (outcome === 'passed') return { text: 'passed', style: 'green' }
  if (outcome === 'base') return { text: 'for others' }
  return { text: outcome === 'failed' ? 'FAILED' : 'no streams', style: outcome === 'failed' ? 'red' : 'yellow' }
}
