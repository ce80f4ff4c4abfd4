/** The foreign programs that tests need: installed from Debian's packages where that is possible, named where it is not. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { allPeers } from '../support/peers.ts'

/**
 * Debian starts services when it installs them: a Kamailio on port 5060 is not what a test run may leave behind, so a
 * policy (invoke-rc.d's exit code 101, "forbidden") holds them back for the time of the installation.
 */
const INSTALL = `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"
`

interface Program {
  readonly name: string
  readonly debianPackage: string
  readonly version: string | undefined
}

/** The peers, and the shells whose completion is tested. */
function allPrograms(): readonly Program[] {
  const shells = ['zsh', 'fish'].map(name => {
    const { error, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' })
    const version = error === undefined ? (/\d[\d.]*/.exec(stdout)?.[0] ?? 'unknown') : undefined
    return { name, debianPackage: name, version }
  })
  return [...allPeers(), ...shells]
}

/** `name (packages)` of each program that is not there. */
export function missingPeers(): readonly string[] {
  return allPrograms()
    .filter(peer => peer.version === undefined)
    .map(peer => `${peer.name} (${peer.debianPackage})`)
}

/** Says which programs there are; with `install` gets those that are missing, where it may. */
export function prepareMachine({ install }: { readonly install: boolean }): void {
  // Debian keeps Kamailio where the path of an ordinary user does not lead.
  process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
  const wanted = allPrograms().filter(peer => peer.version === undefined)
  if (wanted.length > 0 && install) installPackages(wanted.flatMap(peer => peer.debianPackage.split(' ')))
  const found = allPrograms().flatMap(peer => (peer.version === undefined ? [] : [`${peer.name} ${peer.version}`]))
  process.stdout.write(`foreign programs: ${found.length === 0 ? 'none' : found.join(', ')}\n`)
  const missing = missingPeers()
  if (missing.length > 0) process.stdout.write(`missing: ${missing.join(', ')}: their tests are left out\n`)
}

function installPackages(packages: readonly string[]): void {
  const list = [...new Set(packages)]
  if (!isDebian()) {
    process.stdout.write(`not Debian: these packages are not installed: ${list.join(' ')}\n`)
    return
  }
  const command = rootCommand()
  if (command === undefined) {
    process.stdout.write(`neither root nor sudo without a password: ask for "apt-get install ${list.join(' ')}"\n`)
    return
  }
  process.stdout.write(`installing ${list.join(' ')}\n`)
  const [program = '', ...before] = [...command, 'sh', '-c', INSTALL, 'install', ...list]
  const result = spawnSync(program, before, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 900_000 })
  if (result.status !== 0) process.stdout.write(`${`${result.stdout}${result.stderr}`.slice(-4_000)}\nnot installed\n`)
}

function isDebian(): boolean {
  try {
    return /^(ID|ID_LIKE)=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** What to put before a command to run it as root; undefined where that is not allowed. */
function rootCommand(): readonly string[] | undefined {
  if (process.geteuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined
}
