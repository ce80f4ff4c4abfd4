/** `ringfence calling show|set`: how the organisation calls */
import type { Command } from 'commander'
import type { CallingChange, CallingView } from '../../api/outside-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { formatHours, readHours } from '../office-hours.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { collect, orNone, readE164, readTextFile, usage } from '../outside-values.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { given } from './trunk-settings.ts'

export function registerCalling(program: Command, runner: Runner): void {
  const calling = describeCommand('calling', 'how the organisation calls: country, prefix, hours, emergency', [
    'calling show',
    'calling set --country DE --area-code 30',
  ])
  calling.addCommand(showCommand(runner))
  calling.addCommand(setCommand(runner))
  program.addCommand(calling)
}

interface CallingFlags {
  readonly country?: string
  readonly outsideLinePrefix?: string
  readonly areaCode?: string
  readonly openCountries?: readonly string[]
  readonly openClasses?: readonly string[]
  readonly defaultCallerId?: string
  readonly hours?: readonly string[]
  readonly timeZone?: string
  readonly holidays?: readonly string[]
  readonly allowOffNetForwarding?: boolean
  readonly emergencyLocation?: string
  readonly emergencyLocationFile?: string
  readonly emergencyNotify?: readonly string[]
}

function showCommand(runner: Runner): Command {
  return describeCommand('show', 'how the organisation calls', ['calling show', 'calling show --json']).action(
    runner.action(async context => {
      const calling = await context.withOperations(async operations => accepted(await operations.callingShow()))
      print(context, calling)
      return undefined
    }),
  )
}

function setCommand(runner: Runner): Command {
  return describeCommand('set', 'change how the organisation calls; what is not named stays', [
    'calling set --country DE --outside-line-prefix 0 --area-code 30',
    'calling set --default-caller-id +493012345678',
    'calling set --hours "mon-fri 09:00-17:00" --time-zone Europe/Berlin --holidays 2026-12-25,2026-12-26',
    'calling set --emergency-location "Main street 1, 2nd floor" --emergency-notify 100,101',
    'calling set --open-countries DE,AT,CH',
  ])
    .option('--country <code>', 'whose way of dialling and whose emergency numbers count: DE, US …')
    .option('--outside-line-prefix <digits>', 'dialled before an outside number ("none": none is needed)')
    .option('--area-code <digits>', 'for numbers dialled without one, without the leading 0 ("none": must be dialled)')
    .option('--open-countries <codes>', 'countries that may be called, the home country included', collect)
    .option('--open-classes <classes>', 'also special-service, fraud-prone ("none": only ordinary numbers)', collect)
    .option('--default-caller-id <number>', 'one of our numbers, for extensions without one ("none")')
    .option('--hours <span>', 'office hours: "mon-fri 09:00-17:00"; again for more; "always"', addHours)
    .option('--time-zone <name>', 'of the office hours: Europe/Berlin')
    .option('--holidays <dates>', 'closed all day: 2026-12-25,2026-12-26 ("none")', collect)
    .option('--allow-off-net-forwarding', 'calls may be forwarded to outside numbers')
    .option('--no-allow-off-net-forwarding', 'they may not (as at the start)')
    .option('--emergency-location <text>', 'where we are, for people who help ("none")')
    .option(
      '--emergency-location-file <file>',
      'civic location as PIDF-LO (RFC 4119), sent with emergency calls ("none")',
    )
    .option('--emergency-notify <extensions>', 'whose phones are told when somebody calls for help ("none")', collect)
    .addHelpText('after', '\nA list takes the place of the one before. Emergency numbers are always open.')
    .action(
      runner.action<CallingFlags>(async (context, _operands, flags) => {
        const change = changeOf(flags)
        if (Object.keys(change).length === 0) {
          throw new CommandError('COMMAND_USAGE', 'nothing to change; for example: ringfence calling set --country DE')
        }
        const calling = await context.withOperations(async operations =>
          accepted(await operations.callingChange(change)),
        )
        print(context, calling)
        return undefined
      }),
    )
}

function addHours(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** What the options say. Throws CommandError. */
function changeOf(flags: CallingFlags): CallingChange {
  const { outsideLinePrefix, areaCode, defaultCallerId, emergencyLocation, emergencyLocationFile: file } = flags
  return given({
    country: flags.country === undefined ? undefined : readCountry('--country', flags.country),
    outsidePrefix: outsideLinePrefix === undefined ? undefined : readDigits('--outside-line-prefix', outsideLinePrefix),
    areaCode: areaCode === undefined ? undefined : readDigits('--area-code', areaCode),
    openCountries: flags.openCountries?.map(each => readCountry('--open-countries', each)),
    openClasses: flags.openClasses?.map(readClass),
    defaultCallerId:
      defaultCallerId === undefined || defaultCallerId === 'none'
        ? defaultCallerId && null
        : readE164('--default-caller-id', defaultCallerId),
    hours: flags.hours?.filter(each => each !== 'always').map(each => readHours('--hours', each)),
    timeZone: flags.timeZone,
    holidays: flags.holidays,
    offNetForwarding: flags.allowOffNetForwarding,
    emergencyLocationText: emergencyLocation === undefined ? undefined : orNone(emergencyLocation),
    emergencyLocation:
      file === undefined ? undefined : file === 'none' ? null : readTextFile('--emergency-location-file', file),
    emergencyNotify: flags.emergencyNotify,
  })
}

function readCountry(option: string, text: string): string {
  const code = text.toUpperCase()
  if (/^[A-Z]{2}$/.test(code)) return code
  throw usage(option, text, 'is no country in two letters; for example DE')
}

function readDigits(option: string, text: string): string | null {
  if (text === 'none') return null
  if (/^\d{1,8}$/.test(text)) return text
  throw usage(option, text, 'is not 1 to 8 digits; for example 0, or "none"')
}

function readClass(text: string): 'special-service' | 'fraud-prone' {
  if (text === 'special-service' || text === 'fraud-prone') return text
  throw usage('--open-classes', text, 'is none of special-service, fraud-prone, none')
}

function print(context: CommandContext, calling: CallingView): void {
  if (context.options.json) {
    context.printJson(calling)
    return
  }
  const { openClasses, holidays, emergencyNotify, emergencyLocation, emergencyLocationText } = calling
  const lines: readonly Line[] = [
    ['Country', calling.country],
    ['Outside line', calling.outsidePrefix === null ? 'no prefix' : `dial ${calling.outsidePrefix} first`],
    ['Area code', calling.areaCode ?? 'none: it must be dialled'],
    ['Open countries', calling.openCountries.join(', ')],
    [
      'Open classes',
      openClasses.length === 0 ? 'ordinary' : { text: `ordinary, ${openClasses.join(', ')}`, style: 'yellow' },
    ],
    ['Caller id', calling.defaultCallerId ?? 'the first of our numbers, for extensions without one of their own'],
    ['Office hours', `${formatHours(calling.hours)} (${calling.timeZone})`],
    ['Holidays', holidays.length === 0 ? 'none' : holidays.join(', ')],
    ['Off-net forwarding', calling.offNetForwarding ? { text: 'open', style: 'yellow' } : 'closed'],
    [
      'Emergency location',
      emergencyLocationText ?? { text: 'NOT SET: nobody would know where to go', style: 'yellow' },
    ],
    ['Sent as PIDF-LO', emergencyLocation === null ? 'no' : `yes, ${Buffer.byteLength(emergencyLocation)} bytes`],
    ['Emergency notify', emergencyNotify.length === 0 ? 'nobody' : emergencyNotify.join(', ')],
  ]
  context.print(formatLines(lines, context.paint))
}
