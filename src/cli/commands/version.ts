/** `ringfence version` */
import type { Command } from 'commander'
import { supportedUntil } from '../runtime.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function registerVersion(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('version', 'print the versions of Ringfence and its runtime', ['version --json']).action(
      runner.action(async context => {
        const { version, nodeVersion: node } = context.ports
        const until = supportedUntil(node)
        if (context.options.json) context.printJson({ version, node, nodeSupportedUntil: until ?? null })
        else
          context.print(
            `ringfence ${version} on Node.js ${node}${until === undefined ? '' : ` (fixes until ${until})`}\n`,
          )
        return undefined
      }),
    ),
  )
}
