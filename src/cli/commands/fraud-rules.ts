/** `ringfence fraud rules`, `ringfence fraud rule ID` */
import { type Command, Option } from 'commander'
import type { FraudResponse, FraudRuleChange, FraudRuleView } from '../../api/fraud-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readExemption, readThreshold } from '../fraud-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { formatTime } from '../output/time.ts'
import type { Cell } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'

export const RESPONSE_NAMES = ['alert', 'confirm', 'block', 'block-destination', 'end-calls', 'suspend'] as const

export function rulesCommand(runner: Runner): Command {
  return describeCommand('rules', 'what watches calls: each rule, its mode, its response, its thresholds', [
    'fraud rules',
    'fraud rules --json',
  ]).action(
    runner.action(async context => {
      const rules = await context.withOperations(async operations => accepted(await operations.fraudRules()))
      if (context.options.json) context.printJson(rules)
      else {
        context.printTable(
          ['RULE', 'MODE', 'RESPONSE', 'LOOKS FOR', 'THRESHOLDS'],
          rules.map(rule => [rule.id, modeCell(rule), rule.response ?? 'as the rule says', rule.title, shortly(rule)]),
        )
        context.remark('All of one: ringfence fraud rule ID\n')
      }
      return undefined
    }),
  )
}

function modeCell({ mode }: FraudRuleView): Cell {
  return mode === 'on' ? { text: 'on', style: 'green' } : { text: 'dry-run', style: 'yellow' }
}

function shortly({ thresholds }: FraudRuleView): string {
  return thresholds.map(({ name, value, standard }) => `${name}=${value}${value === standard ? '' : '*'}`).join(' ')
}

interface RuleFlags {
  readonly mode?: 'on' | 'dry-run'
  readonly response?: FraudResponse | 'standard'
  readonly threshold?: readonly string[]
  readonly exempt?: readonly string[]
}

export function ruleCommand(runner: Runner): Command {
  return describeCommand('rule', 'one rule: show it, or change how it works', [
    'fraud rule FRAUD_BURST',
    'fraud rule FRAUD_BURST --mode dry-run',
    'fraud rule FRAUD_BURST --response suspend --threshold calls=10 --threshold windowSeconds=60',
    'fraud rule FRAUD_FIRST_COUNTRY --exempt 105=30d',
    'fraud rule FRAUD_BURST --response standard --threshold calls=standard',
  ])
    .argument('<id>', 'such as FRAUD_BURST; "ringfence fraud rules" lists them')
    .addOption(
      new Option('--mode <mode>', 'on, or only tried: found and told, nothing done').choices(['on', 'dry-run']),
    )
    .addOption(
      new Option('--response <response>', 'instead of what the rule says').choices([...RESPONSE_NAMES, 'standard']),
    )
    .option(
      '--threshold <name=value>',
      'a whole number, or "standard"; again for more',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option(
      '--exempt <payer=time>',
      'only tell of this extension (or trunk:NAME) for a time: 101=30d; 101=none ends it; again for more',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addHelpText('after', '\nTry a change on recorded calls first: ringfence fraud replay FILE.csv --policy FILE')
    .action(
      runner.action<RuleFlags>(async (context, [id = ''], flags) => {
        const change = changeOf(id, flags)
        const rule = await context.withOperations(async operations => {
          if (Object.keys(change).length > 1) return accepted(await operations.fraudRuleChange(change))
          const found = accepted(await operations.fraudRules()).find(each => each.id === id)
          if (found !== undefined) return found
          throw new CommandError('FRAUD_UNKNOWN', `there is no rule ${id}; "ringfence fraud rules" lists them`)
        })
        if (context.options.json) context.printJson(rule)
        else print(context, rule)
        return undefined
      }),
    )
}

function changeOf(id: string, { mode, response, threshold, exempt }: RuleFlags): FraudRuleChange {
  return {
    id,
    ...(mode === undefined ? {} : { mode }),
    ...(response === undefined ? {} : { response: response === 'standard' ? null : response }),
    ...(threshold === undefined ? {} : { thresholds: Object.fromEntries(threshold.map(readThreshold)) }),
    ...(exempt === undefined ? {} : { exempt: Object.fromEntries(exempt.map(readExemption)) }),
  }
}

function print(context: CommandContext, rule: FraudRuleView): void {
  const lines: readonly Line[] = [
    ['Rule', rule.id],
    ['Looks for', rule.title],
    ['', rule.description],
    [
      'Mode',
      rule.mode === 'on' ? modeCell(rule) : { text: 'dry-run: it finds and tells, and does nothing', style: 'yellow' },
    ],
    ['Response', rule.response ?? 'as the rule says'],
    ...rule.thresholds.map(
      ({ name, value, standard }): Line => [
        name,
        value === standard ? String(value) : `${value} (standard: ${standard})`,
      ],
    ),
    ...rule.exempt.map(({ payer, until }): Line => ['Only told', `${payer} until ${formatTime(until)}`]),
  ]
  context.print(formatLines(lines, context.paint))
}
