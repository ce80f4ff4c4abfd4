/** `ringfence fraud replay FILE.csv`: recorded calls through the live code, without a server */
import type { Command } from 'commander'
import { CommandError } from '../errors.ts'
import { describeCommand, type Runner } from '../runner.ts'

const WHAT_IT_DOES = `
Recorded calls go through exactly the code that judges live ones, on the time of the recording; nothing else is touched,
and no server is needed. The file has a header line: id, start (ISO 8601 with offset), extension, source_ip, user_agent,
destination, answered, duration_s, forwarded_by, transferred_by, caller_id, direction, label, in any order, others are
ignored; Asterisk's and FreePBX' call detail records are read as they are. A file may be of any length; "-" is the
standard input. Without --organisation: an office in the United States with the defaults of a new system. The policy is
JSON, what it leaves out is as it comes: { "caps": { "organisationDay": "50" }, "rules": { "FRAUD_BURST": { "mode": "dry-run" } } }
With --json: one line for each call, then one for all. Exit code 0 whatever would have been stopped, 1 for a fault in a file.`

interface ReplayFlags {
  readonly policy?: string
  readonly deck?: string
  readonly organisation?: string
}

export function replayCommand(runner: Runner): Command {
  return describeCommand('replay', 'what would have been stopped of recorded calls, when and why, and what it saves', [
    'fraud replay calls.csv',
    'fraud replay Master.csv --organisation office.json --policy stricter.json --deck rates.csv',
    'fraud replay calls.csv --json',
  ])
    .argument('<file>', 'recorded calls, comma-separated')
    .option('--policy <file>', 'caps, rules and thresholds to try')
    .option('--deck <file>', "the provider's prices (default: the built-in ones)")
    .option('--organisation <file>', 'country, office hours, open countries, extensions, numbers')
    .addHelpText('after', WHAT_IT_DOES)
    .action(
      runner.action<ReplayFlags>(async (context, [file = ''], { policy, deck, organisation }) => {
        const { json } = context.options
        const replayed = await context.progress(
          'replaying',
          context.ports.replay({ file, policy, deck, organisation, json }),
        )
        if (!replayed.ok) throw new CommandError('COMMAND_FILE', replayed.error)
        return undefined
      }),
    )
}
