/** `ringfence completion bash|zsh|fish`: written from the tree of commands, so it cannot lag behind it. */
import { Argument, type Command } from 'commander'
import { CommandError } from '../errors.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface CompletionNode {
  /** `device add` */
  readonly path: string
  readonly subcommands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly { readonly flag: string; readonly description: string; readonly takesPath: boolean }[]
}

export function registerCompletion(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('completion', 'print a script that completes commands and options', [
      'completion bash > /etc/bash_completion.d/ringfence',
      'completion zsh > /usr/local/share/zsh/site-functions/_ringfence',
      'completion fish > ~/.config/fish/completions/ringfence.fish',
    ])
      .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
      .action(
        runner.action(async (context, [shell = '']) => {
          const nodes = nodesOf(program)
          const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]
          if (script === undefined) throw new CommandError('COMMAND_USAGE', `${shell}: is none of bash, zsh, fish`)
          if (context.options.json) context.printJson({ shell, script: script(nodes) })
          else context.print(script(nodes))
          return undefined
        }),
      ),
  )
}

function nodesOf(command: Command, path: readonly string[] = []): readonly CompletionNode[] {
  const globals = path.length === 0 ? [] : rootOf(command).options
  const options = [...command.options, ...globals].flatMap(option =>
    option.long === undefined || option.long === null || option.hidden
      ? []
      : [{ flag: option.long, description: option.description, takesPath: /<(file|dir)>/.test(option.flags) }],
  )
  const subcommands = command.commands.map(each => ({ name: each.name(), description: each.description() }))
  const node = { path: path.join(' '), subcommands, options: [...options, HELP] }
  return [node, ...command.commands.flatMap(each => nodesOf(each, [...path, each.name()]))]
}

const HELP = { flag: '--help', description: 'explain', takesPath: false }

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}

/** The words before the cursor that are commands, joined: the key of the node. */
function bashScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map(({ path, subcommands, options }) => {
    const words = [...subcommands.map(each => each.name), ...options.map(each => each.flag)].join(' ')
    return `    '${path}') words='${words}' ;;`
  })
  const paths = nodes.map(({ path }) => `'${path}'`).join(' ')
  return `# bash completion for ringfence
_ringfence() {
  local current previous path='' candidate word known words=''
  current="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD-1]}"
  case "$previous" in
    ${pathFlags(nodes).join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    candidate="\${path:+$path }$word"
    for known in ${paths}; do
      [ "$known" = "$candidate" ] && path="$candidate"
    done
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _ringfence ringfence
`
}

function zshScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map(({ path, subcommands, options }) => {
    const words = [
      ...subcommands.map(({ name, description }) => `'${name}:${zshQuote(description)}'`),
      ...options.map(({ flag, description }) => `'${flag}:${zshQuote(description)}'`),
    ]
    return `    '${path}') offers=(${words.join(' ')}) ;;`
  })
  const paths = nodes.map(({ path }) => `'${path}'`).join(' ')
  return `#compdef ringfence
_ringfence() {
  local path_words='' candidate word
  local -a words_before offers
  case "\${words[CURRENT-1]}" in
    ${pathFlags(nodes).join('|')}) _files; return ;;
  esac
  words_before=("\${(@)words[2,CURRENT-1]}")
  local -a known=(${paths})
  for word in $words_before; do
    candidate="\${path_words:+$path_words }$word"
    (( \${known[(Ie)$candidate]} )) && path_words="$candidate"
  done
  case "$path_words" in
${cases.join('\n')}
  esac
  _describe 'ringfence' offers
}
if [[ "\${funcstack[1]}" = _ringfence ]]; then _ringfence "$@"; else compdef _ringfence ringfence; fi
`
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = nodes.flatMap(({ path, subcommands, options }) => {
    const condition = `__ringfence_at '${path}'`
    return [
      ...subcommands.map(
        ({ name, description }) =>
          `complete -c ringfence -n "${condition}" -f -a ${name} -d '${fishQuote(description)}'`,
      ),
      ...options.map(
        ({ flag, description, takesPath }) =>
          `complete -c ringfence -n "${condition}" ${takesPath ? '-rF' : '-f'} -l ${flag.slice(2)} -d '${fishQuote(description)}'`,
      ),
    ]
  })
  const paths = nodes.map(({ path }) => `'${path}'`).join(' ')
  return `# fish completion for ringfence
function __ringfence_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l candidate (string trim "$path $word")
    contains -- "$candidate" ${paths}; and set path $candidate
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`
}

function pathFlags(nodes: readonly CompletionNode[]): readonly string[] {
  return [...new Set(nodes.flatMap(node => node.options.filter(each => each.takesPath).map(each => each.flag)))]
}

function zshQuote(text: string): string {
  return text.replaceAll("'", '’').replaceAll(':', '\\:')
}

function fishQuote(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
