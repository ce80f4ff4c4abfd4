import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

async function script(shell: string): Promise<string> {
  const { exit, out } = await createFakeTerminal().run('completion', shell)
  assert.equal(exit, 0)
  return out
}

/** What bash offers at the end of these words. */
function offered(bash: string, ...words: readonly string[]): readonly string[] {
  const array = words.map(word => `'${word}'`).join(' ')
  const program = `${bash}\nCOMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _ringfence; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.trim().split('\n')
}

test('bash completes commands, subcommands and options', async () => {
  const bash = await script('bash')
  assert.deepEqual(offered(bash, 'ringfence', 'ex').toSorted(), ['export', 'extension'])
  assert.deepEqual(offered(bash, 'ringfence', 'extension', 're'), ['restore', 'remove'])
  assert.deepEqual(offered(bash, 'ringfence', '--json', 'device', 'add', '--wr'), ['--write-config'])
  assert.deepEqual(offered(bash, 'ringfence', 'device', 'add', '--da'), ['--data'])
  assert.ok(offered(bash, 'ringfence', 'serve', '--config', '/etc/host').includes('/etc/hostname'))
})

test('every shell has every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = await script(shell)
    for (const word of ['testcall', 'device import', 'extension suspend', 'follow'])
      assert.match(text, new RegExp(word))
  }
})

const ZSH_HARNESS = `
_describe() { print -l -- "\${offers[@]}"; }
words=(ringfence extension re); CURRENT=3; _ringfence
`

for (const [shell, args, before, after, expected] of [
  ['zsh', ['-f', '-c'], 'compdef() { :; }', ZSH_HARNESS, /^restore:lift/m],
  ['fish', ['--no-config', '-c'], '', "complete -C 'ringfence extension re'", /^restore\tlift/m],
] as const) {
  const present = spawnSync(shell, ['--version']).status === 0
  test(`${shell} offers what fits`, { skip: present ? false : `${shell} is not installed` }, async () => {
    const { stdout, stderr } = spawnSync(shell, [...args, `${before}\n${await script(shell)}\n${after}`], {
      encoding: 'utf8',
    })
    assert.equal(stderr, '')
    assert.match(stdout, expected)
  })
}
