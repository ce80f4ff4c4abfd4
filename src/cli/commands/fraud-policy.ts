/** `ringfence fraud policy [FILE]` */
import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import { MAXIMUM_POLICY } from '../../api/fraud-schemas.ts'
import { accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { describeCommand, type Runner } from '../runner.ts'

const WHAT_IT_DOES = `
The way of a new threshold: print the policy, change the copy, see with "fraud replay --policy" what it would have
stopped and whom it would have disturbed, then take it. Money is text ("12.50"), so that it is exact; what the file
leaves out stays. Nothing of a file with a fault in it counts; the place is named.`

export function policyCommand(runner: Runner): Command {
  return describeCommand('policy', 'caps, rules and thresholds as one document: print it, or take a file', [
    'fraud policy > policy.json',
    'fraud replay calls.csv --policy policy.json',
    'fraud policy policy.json',
  ])
    .argument('[file]', 'policy in JSON that counts from now on')
    .addHelpText('after', WHAT_IT_DOES)
    .action(
      runner.action(async (context, [file]) => {
        const text = file === undefined ? undefined : readPolicy(file)
        const policy = await context.withOperations(async operations =>
          accepted(
            file === undefined || text === undefined
              ? await operations.fraudPolicy()
              : await operations.fraudPolicyChange({ file, text }),
          ),
        )
        if (context.options.json) context.printJson(policy)
        else context.print(`${JSON.stringify(policy, undefined, 2)}\n`)
        if (file !== undefined) context.remark('It counts from the next call on; each change is in the log.\n')
        return undefined
      }),
    )
}

function readPolicy(file: string): string {
  try {
    if (statSync(file).size > MAXIMUM_POLICY) throw new Error('it is larger than 1 MiB')
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${file} cannot be read: ${(error as Error).message}`)
  }
}
