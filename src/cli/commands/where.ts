/** `--organisation` and `--installation`: where somebody or something belongs to. */
import { type Command, Option } from 'commander'

export interface WhereFlags {
  readonly organisation?: string
  readonly installation?: boolean
}

export function whereOptions(command: Command): Command {
  return command
    .option('--organisation <domain>', 'of which organisation (default: the first)')
    .addOption(
      new Option('--installation', 'of the whole installation: every organisation, and the machine').conflicts(
        'organisation',
      ),
    )
}

/** As the operations take it: null is the whole installation, nothing the first organisation. */
export function readWhere({ organisation, installation }: WhereFlags): { readonly organisation?: string | null } {
  if (installation === true) return { organisation: null }
  return organisation === undefined ? {} : { organisation }
}
