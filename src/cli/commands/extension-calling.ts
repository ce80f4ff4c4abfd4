/** `ringfence extension calling 101`: caller id, privacy, forwarding of one extension */
import { type Command, Option } from 'commander'
import type { ExtensionCallingView } from '../../api/outside-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { orNone, readE164, readTargetOrNone, readWhole } from '../outside-values.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { given } from './trunk-settings.ts'

interface Flags {
  readonly callerId?: string
  readonly privacy?: boolean
  readonly doNotDisturb?: boolean
  readonly forwardAlways?: string
  readonly forwardBusy?: string
  readonly forwardNoAnswer?: string
  readonly forwardUnreachable?: string
  /** `--no-answer-seconds`: commander takes `--no-` for a negation, and true for its absence. */
  readonly answerSeconds?: string | true
  readonly anonymous?: 'accept' | 'reject'
  readonly maximumCalls?: string
  readonly emergencyLocation?: string
}

export function callingCommand(runner: Runner): Command {
  return describeCommand('calling', 'show and change how an extension calls: caller id, privacy, forwarding', [
    'extension calling 101',
    'extension calling 101 --caller-id +493012345678',
    'extension calling 101 --forward-busy group:200 --forward-no-answer extension:102 --no-answer-seconds 15',
    'extension calling 101 --forward-always off --do-not-disturb',
  ])
    .argument('<number>', 'the extension')
    .option('--caller-id <number>', 'one of our numbers ("none": the organisation\'s)')
    .option('--privacy', 'withhold its number towards the outside, emergency calls excepted')
    .option('--no-privacy', 'show it')
    .option('--do-not-disturb', 'calls are not let through')
    .option('--no-do-not-disturb', 'they are')
    .option('--forward-always <target>', 'every call ("off": none)')
    .option('--forward-busy <target>', 'calls while it is busy ("off")')
    .option('--forward-no-answer <target>', 'calls that nobody takes ("off")')
    .option('--forward-unreachable <target>', 'calls while no phone is registered ("off")')
    .option('--no-answer-seconds <seconds>', 'how long it rings before --forward-no-answer')
    .addOption(new Option('--anonymous <what>', 'callers who withhold their number').choices(['accept', 'reject']))
    .option('--maximum-calls <number>', 'calls at once before it counts as busy; 0: no limit')
    .option('--emergency-location <text>', 'where it is, instead of the organisation\'s place ("none")')
    .addHelpText(
      'after',
      '\nA target: extension:101, group:200, external:+4930123456 (closed until: calling set --allow-off-net-forwarding), trunk:pbx, or reject.',
    )
    .action(
      runner.action<Flags>(async (context, [extension = ''], flags) => {
        const change = changeOf(flags)
        const view = await context.withOperations(async operations =>
          accepted(
            Object.keys(change).length === 0
              ? await operations.extensionCallingShow({ extension })
              : await operations.extensionCallingChange({ extension, ...change }),
          ),
        )
        print(context, view)
        return undefined
      }),
    )
}

/** What the options say. Throws CommandError. */
function changeOf(flags: Flags) {
  const { callerId, answerSeconds, maximumCalls, emergencyLocation } = flags
  const target = (option: string, text: string | undefined): string | null | undefined =>
    text === undefined ? undefined : readTargetOrNone(option, text)
  return given({
    callerId: callerId === undefined ? undefined : callerId === 'none' ? null : readE164('--caller-id', callerId),
    privacy: flags.privacy,
    doNotDisturb: flags.doNotDisturb,
    forwardAlways: target('--forward-always', flags.forwardAlways),
    forwardBusy: target('--forward-busy', flags.forwardBusy),
    forwardNoAnswer: target('--forward-no-answer', flags.forwardNoAnswer),
    forwardUnreachable: target('--forward-unreachable', flags.forwardUnreachable),
    noAnswerSeconds:
      typeof answerSeconds === 'string' ? readWhole('--no-answer-seconds', answerSeconds, 1, 3_600) : undefined,
    anonymous: flags.anonymous,
    maximumCalls: maximumCalls === undefined ? undefined : readWhole('--maximum-calls', maximumCalls, 0, 1_000),
    emergencyLocationText: emergencyLocation === undefined ? undefined : orNone(emergencyLocation),
  })
}

function print(context: CommandContext, view: ExtensionCallingView): void {
  if (context.options.json) {
    context.printJson(view)
    return
  }
  const lines: readonly Line[] = [
    ['Extension', view.extension],
    ['Caller id', view.callerId ?? "the organisation's"],
    ['Privacy', view.privacy ? 'withholds its number' : 'shows its number'],
    ['Do not disturb', view.doNotDisturb ? 'on' : 'off'],
    ['Forward always', view.forwardAlways ?? 'off'],
    ['Forward busy', view.forwardBusy ?? 'off'],
    [
      'Forward no answer',
      view.forwardNoAnswer === null ? 'off' : `${view.forwardNoAnswer}, after ${view.noAnswerSeconds} s`,
    ],
    ['Forward unreachable', view.forwardUnreachable ?? 'off'],
    ['Anonymous callers', view.anonymous],
    ['Calls at once', view.maximumCalls === 0 ? 'no limit' : String(view.maximumCalls)],
    ['Emergency location', view.emergencyLocationText ?? "the organisation's"],
  ]
  context.print(formatLines(lines, context.paint))
}
