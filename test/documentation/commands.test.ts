import { test } from 'node:test'
import { createFakeTerminal } from '../../src/cli/fake-ports.ts'
import { buildProgram, everyCommand } from '../../src/cli/program.ts'
import { createRunner } from '../../src/cli/runner.ts'
import { checkGenerated } from './generated.ts'

const INTRODUCTION = `# Commands

In a clone the command is \`bin/ringfence\`; it can be called from any folder, and a symbolic link to it works too. Every
command takes \`--data DIR\` (before or after its name) and works while the server runs, through its control socket
(\`DIR/run/control.sock\`, for the owner of the folder only), and, where that makes sense, while it does not, on the store itself.

With \`--json\` a command prints one JSON document on the standard output and nothing else; \`events\` prints one for each
event, a line each. Times are then in ISO 8601, otherwise in the machine's time zone. An error is one line on the error
stream; with \`--json\` that line is \`{"error":{"code","message"}}\`, and [errors.md](errors.md) lists the codes.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused, failed, or a check (\`doctor\`, \`testcall\`) that found a fault |
| 2 | the command line or the configuration is wrong |
| 3 | no server runs, or it belongs to another user |
| 4 | the store cannot be opened or does not answer |

What takes longer than a second says so on the error stream when that is a terminal, or with \`--progress\`.

This file is written by \`npm run documentation\` from the commands themselves; the test fails when it is out of date.
`

test('docs/commands.md is the help of every command', () => {
  const program = buildProgram(createRunner(createFakeTerminal().ports))
  const sections = everyCommand(program)
    .slice(1)
    .filter(command => command.commands.length === 0)
    .map(command => {
      const names: string[] = []
      for (let each = command; each.parent !== null; each = each.parent) names.unshift(each.name())
      let help = ''
      command.configureOutput({
        writeOut: text => (help += text),
        getOutHelpWidth: () => 110,
        getOutHasColors: () => false,
      })
      command.outputHelp()
      return `\n## \`ringfence ${names.join(' ')}\`\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`
    })
  checkGenerated('docs/commands.md', INTRODUCTION + sections.join(''))
})
