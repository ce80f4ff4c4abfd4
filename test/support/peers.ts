/** Which foreign programs are installed, in which version, and what a test does when one is not. */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

interface Peer {
  readonly command: string
  readonly versionArguments: readonly string[]
  readonly version: RegExp
  /** Debian's package. */
  readonly debianPackage: string
}

const PEERS = {
  baresip: {
    command: 'baresip',
    versionArguments: ['-h'],
    version: /baresip v([\d.]+)/,
    debianPackage: 'baresip-core',
  },
  linphonec: {
    command: 'linphonec',
    versionArguments: ['-v'],
    version: /version:?\s*([\d.]+)/i,
    debianPackage: 'linphone-cli',
  },
  sipp: { command: 'sipp', versionArguments: ['-v'], version: /SIPp v([\d.]+)/, debianPackage: 'sip-tester' },
  sipsak: { command: 'sipsak', versionArguments: ['-V'], version: /sipsak ([\d.]+\d)/, debianPackage: 'sipsak' },
  svmap: { command: 'svmap', versionArguments: ['--version'], version: /v?([\d.]+)/, debianPackage: 'sipvicious' },
  kamailio: {
    command: 'kamailio',
    versionArguments: ['-v'],
    version: /kamailio ([\d.]+)/,
    debianPackage: 'kamailio kamailio-tls-modules',
  },
  rtpengine: {
    command: 'rtpengine',
    versionArguments: ['--version'],
    version: /Version: ([\d.]+)/,
    debianPackage: 'rtpengine-daemon',
  },
  tcpdump: {
    command: 'tcpdump',
    versionArguments: ['--version'],
    version: /version ([\d.]+)/,
    debianPackage: 'tcpdump',
  },
  tshark: { command: 'tshark', versionArguments: ['--version'], version: /\) ([\d.]+)/, debianPackage: 'tshark' },
  aiosmtpd: {
    command: 'aiosmtpd',
    versionArguments: ['--version'],
    version: /aiosmtpd ([\d.]+)/,
    debianPackage: 'python3-aiosmtpd',
  },
  nft: { command: 'nft', versionArguments: ['--version'], version: /v([\d.]+)/, debianPackage: 'nftables iproute2' },
  chromium: {
    command: 'chromium',
    versionArguments: ['--version'],
    version: /Chromium ([\d.]+)/,
    debianPackage: 'chromium',
  },
  rsyslogd: {
    command: 'rsyslogd',
    versionArguments: ['-v'],
    version: /rsyslogd\s+([\d.]+)/,
    debianPackage: 'rsyslog rsyslog-gnutls',
  },
  sngrep: {
    command: 'sngrep',
    versionArguments: ['--version'],
    version: /sngrep - ([\d.]+)/,
    debianPackage: 'sngrep',
  },
  sox: { command: 'sox', versionArguments: ['--version'], version: /v([\d.]+)/, debianPackage: 'sox' },
} as const satisfies Record<string, Peer>

export type PeerName = keyof typeof PEERS

const versions = new Map<PeerName, string | undefined>()

/** The installed version, or undefined when the program is not there. */
export function peerVersion(name: PeerName): string | undefined {
  if (versions.has(name)) return versions.get(name)
  const peer: Peer = PEERS[name]
  const result = spawnSync(peer.command, peer.versionArguments, { encoding: 'utf8', timeout: 10_000, input: '' })
  const found = result.error === undefined
  const version = found ? (peer.version.exec(`${result.stdout}${result.stderr}`)?.[1] ?? 'unknown') : undefined
  versions.set(name, version)
  return version
}

/**
 * True when all peers are installed. Otherwise the test is skipped with a reason that says what to install; in continuous
 * integration (`CI=true`) it fails instead, so that nothing is left out in silence.
 */
export function requirePeers(context: TestContext, ...names: readonly PeerName[]): boolean {
  const missing = names.filter(name => peerVersion(name) === undefined)
  if (missing.length === 0) return true
  const packages = missing.map(name => PEERS[name].debianPackage).join(' ')
  const reason = `peer missing: ${missing.join(', ')} (apt-get install ${packages})`
  if (process.env['CI'] === 'true') throw new Error(reason)
  context.skip(reason)
  return false
}

/** The same for the right to capture packets: root, or capabilities on the capture program. */
export function requireCapture(context: TestContext): boolean {
  if (!requirePeers(context, 'tcpdump', 'tshark')) return false
  const probe = spawnSync('tcpdump', ['-i', 'lo', '-c', '1', '-w', '/dev/null', '--immediate-mode', 'port', '1'], {
    encoding: 'utf8',
    timeout: 700,
  })
  if (!/permission|not permitted|no such device/i.test(probe.stderr)) return true
  const reason = 'packet capture is not permitted here (needs root or CAP_NET_RAW)'
  if (process.env['CI'] === 'true') throw new Error(reason)
  context.skip(reason)
  return false
}

/** Every peer with Debian's packages and the installed version. */
export function allPeers(): readonly {
  readonly name: PeerName
  readonly debianPackage: string
  readonly version: string | undefined
}[] {
  versions.clear()
  return (Object.keys(PEERS) as PeerName[]).map(name => ({
    name,
    debianPackage: PEERS[name].debianPackage,
    version: peerVersion(name),
  }))
}
