/** A replay as a person reads it. */
import type { CallOutcome } from './replay.ts'
import { formatMicros, microsOf } from '../rating/money.ts'
import type { Tally } from './tally.ts'

const LISTED = 10

export function replayReport(tally: Tally, suspended: readonly string[], currency: string): string {
  const { sums } = tally
  const money = (micros: number): string => `${formatMicros(microsOf(micros))} ${currency}`
  const lines = [
    `${count(sums.calls, 'call')}: ${sums.allowed} allowed, ${sums.blocked} blocked, ${sums.cut} cut short`,
    `money: ${money(sums.spent)} would have been spent, ${money(sums.spentWithout)} without control: ${money(Math.max(0, sums.spentWithout - sums.spent))} saved`,
  ]
  if (sums.labelled > 0) {
    lines.push(
      `attack: ${count(sums.attackCalls, 'call')} for ${money(sums.attackCost)}, ${money(sums.attackCostWithout)} without control`,
      `honest: ${count(sums.legitimateCalls, 'call')}, of which ${sums.legitimateDisturbed} would have been disturbed`,
    )
  }
  lines.push(`suspended: ${suspended.length === 0 ? 'nobody' : suspended.join(', ')}`)
  lines.push(...ruleLines(tally, money), ...extensionLines(tally, money))
  lines.push(...callLines('The first that would have been stopped', tally.examples))
  lines.push(...callLines('Honest calls that would have been disturbed', tally.disturbed))
  return `${lines.join('\n')}\n`
}

function ruleLines({ byRule, sums }: Tally, money: (micros: number) => string): string[] {
  if (byRule.size === 0) return ['', 'No rule had anything to say.']
  const rows = [...byRule].sort((a, b) => b[1].saved - a[1].saved)
  const width = Math.max(...rows.map(([rule]) => rule.length))
  const honest = sums.labelled > 0
  return [
    '',
    'By rule:',
    ...rows.map(([rule, { blocked, cut, confirmed, disturbed, saved }]) => {
      const parts = [
        `${blocked} blocked`,
        `${cut} cut`,
        `${confirmed} asked about and granted`,
        `${money(saved)} saved`,
      ]
      return `  ${rule.padEnd(width)}  ${parts.join(', ')}${honest ? `, ${disturbed} honest ones disturbed` : ''}`
    }),
  ]
}

function extensionLines({ byExtension }: Tally, money: (micros: number) => string): string[] {
  if (byExtension.size === 0) return []
  const rows = [...byExtension].sort((a, b) => b[1] - a[1]).slice(0, LISTED)
  return ['', 'Most saved, by extension:', ...rows.map(([extension, saved]) => `  ${extension}  ${money(saved)}`)]
}

function callLines(title: string, outcomes: readonly CallOutcome[]): string[] {
  if (outcomes.length === 0) return []
  return [
    '',
    `${title}:`,
    ...outcomes.slice(0, LISTED).map(({ call, at, rule, reason, cutAfterSeconds }) => {
      const after = cutAfterSeconds === undefined ? '' : ` after ${cutAfterSeconds} s`
      return `  ${new Date(at).toISOString()}  ${call.extension} to ${call.destination}${after}: ${rule ?? ''}, ${reason ?? ''}`
    }),
  ]
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
