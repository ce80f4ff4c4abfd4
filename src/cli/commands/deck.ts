/** `ringfence deck import|show|price|remove`: what calls to the outside cost */
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Allowance, DeckView, PriceView, RateInput } from '../../api/fraud-operations.ts'
import { RATES_PER_PART } from '../../api/fraud-schemas.ts'
import type { Operations } from '../../api/operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { describeSpan, readCurrency } from '../fraud-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { formatDuration, formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const FORMAT = `
The file is comma-separated, with a header line: prefix, price_per_minute, and where the provider says them name,
connection_fee, minimum, increment (both in seconds) and valid_from (ISO 8601), in any order. Money has a point and at
most six decimals. An imported deck is the whole truth: a number that it does not price cannot be called. Nothing is
imported from a file with a fault in it; the line and the column are named.`

export function registerDeck(program: Command, runner: Runner): void {
  const deck = describeCommand('deck', 'what calls to the outside cost: import, show, price, remove', [
    'deck import rates.csv --currency EUR',
    'deck price +8816312345678',
  ])
  deck.addCommand(importCommand(runner))
  deck.addCommand(showCommand(runner))
  deck.addCommand(priceCommand(runner))
  deck.addCommand(removeCommand(runner))
  program.addCommand(deck)
}

interface ImportFlags {
  readonly currency?: string
  readonly name?: string
}

function importCommand(runner: Runner): Command {
  return describeCommand('import', "take the provider's prices instead of the built-in ones", [
    'deck import rates.csv',
    'deck import rates.csv --currency EUR --name "Provider, November"',
  ])
    .argument('<file>', 'rate deck, comma-separated')
    .option('--currency <code>', 'of the prices; caps count in it from then on (default: the one that caps count in)')
    .option('--name <text>', 'to tell it from others (default: the name of the file)')
    .addHelpText('after', FORMAT)
    .action(
      runner.action<ImportFlags>(async (context, [file = ''], flags) => {
        const currency = flags.currency === undefined ? {} : { currency: readCurrency('--currency', flags.currency) }
        const read = await context.progress('reading the deck', context.ports.readDeck(file))
        if (!read.ok) throw new CommandError('COMMAND_FILE', read.error)
        const name = (flags.name ?? basename(file)).slice(0, 128)
        const deck = await context.withOperations(operations =>
          upload(context, operations, { name, ...currency }, read.value),
        )
        if (context.options.json) context.printJson(deck)
        else {
          context.print(`${deck.rates} rates of ${deck.name} count from now on, in ${deck.currency}.\n`)
          context.remark('A number without a rate cannot be called. See one: ringfence deck price +493012345678\n')
        }
        return undefined
      }),
    )
}

async function upload(
  context: CommandContext,
  operations: Operations,
  begin: { readonly name: string; readonly currency?: string },
  rates: readonly RateInput[],
): Promise<DeckView> {
  const { upload: id } = accepted(await operations.deckBegin(begin))
  let sent = 0
  const send = async (): Promise<DeckView> => {
    for (let from = 0; from < rates.length; from += RATES_PER_PART) {
      const part = rates.slice(from, from + RATES_PER_PART)
      sent = accepted(await operations.deckAppend({ upload: id, rates: part })).rates
    }
    return accepted(await operations.deckCommit({ upload: id }))
  }
  return context.progress('importing', send(), () => `${sent} of ${rates.length} rates`)
}

function showCommand(runner: Runner): Command {
  return describeCommand('show', 'which prices count', ['deck show', 'deck show --json']).action(
    runner.action(async context => {
      const deck = await context.withOperations(async operations => accepted(await operations.deckShow()))
      if (context.options.json) context.printJson(deck)
      else context.print(formatLines(deckLines(deck), context.paint))
      return undefined
    }),
  )
}

function deckLines(deck: DeckView): readonly Line[] {
  const builtIn = deck.source === 'built-in'
  return [
    [
      'Prices',
      builtIn ? 'built-in: careful guesses by country and class, so that caps hold on the first day' : deck.name,
    ],
    ['Currency', deck.currency],
    ['Rates', deck.rates === null ? 'for every number' : String(deck.rates)],
    ['Imported', builtIn ? 'never: ringfence deck import FILE.csv' : formatTime(deck.importedAt)],
  ]
}

function priceCommand(runner: Runner): Command {
  return describeCommand('price', 'what a minute to a number costs, and how long the caps let one call last', [
    'deck price +493012345678',
    'deck price 0900123456 --extension 101 --json',
  ])
    .argument('<number>', 'with its country code, or as dialled')
    .option('--extension <number>', 'with its own daily cap')
    .action(
      runner.action<{ extension?: string }>(async (context, [number = ''], { extension }) => {
        const input = extension === undefined ? { number } : { number, extension }
        const price = await context.withOperations(async operations => accepted(await operations.deckPrice(input)))
        if (context.options.json) context.printJson(price)
        else printPrice(context, price)
        return undefined
      }),
    )
}

const LIMITS: Readonly<Record<Allowance['limit'], string>> = {
  call: 'cap of a call',
  extensionDay: 'extension, day',
  organisationDay: 'organisation, day',
  organisationMonth: 'organisation, month',
  riskyDay: 'special and fraud-prone numbers, day',
  maximumDuration: 'maximum duration',
}

function printPrice(context: CommandContext, price: PriceView): void {
  const { currency, minimumSeconds, incrementSeconds } = price
  const billed = `${describeSpan(incrementSeconds)} at a time`
  const lines: readonly Line[] = [
    ['Number', price.e164],
    ['Class', { text: `${price.class}, ${price.country ?? 'no country'}`, ...styleOf(price) }],
    ['A minute', `${price.perMinute} ${currency}`],
    ['To begin', `${price.connectionFee} ${currency}`],
    ['Billed', minimumSeconds === 0 ? billed : `${describeSpan(minimumSeconds)} at least, then ${billed}`],
    ['Rate', `+${price.prefix} ${price.name}`.trimEnd()],
    ['Prices', price.source],
    ['Open', price.closed === null ? 'yes' : { text: `no: ${price.closed}`, style: 'yellow' }],
  ]
  context.print(`${formatLines(lines, context.paint)}\n`)
  context.printTable(
    ['ONE CALL, BY', 'CAP', 'LASTS AT MOST'],
    price.allowed.map(({ limit, cap, seconds }) => [
      LIMITS[limit],
      cap === null ? '' : `${cap} ${currency}`,
      seconds === 0 ? { text: 'no call at all', style: 'red' } : formatDuration(seconds * 1_000),
    ]),
  )
}

function styleOf(price: PriceView): { readonly style?: 'yellow' } {
  return price.class === 'ordinary' ? {} : { style: 'yellow' }
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'forget the imported prices; the built-in ones count', ['deck remove']).action(
    runner.action(async context => {
      const deck = await context.withOperations(async operations => accepted(await operations.deckRemove()))
      if (context.options.json) context.printJson(deck)
      else context.print(`The built-in prices count from now on, in ${deck.currency}.\n`)
      return undefined
    }),
  )
}
