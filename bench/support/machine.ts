/** What was measured on, with which versions. */
import { spawnSync } from 'node:child_process'
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os'

/** Some say it on the wrong stream. */
function versionOf(command: string, argument: string, pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, [argument], { encoding: 'utf8' })
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'missing'
}

export function machine(): string {
  const kamailio = versionOf('kamailio', '-v', /kamailio ([\d.]+)/)
  const rtpengine = versionOf('rtpengine', '--version', /Version: (\S+)/)
  return [
    `${cpus()[0]?.model.trim() ?? 'unknown processor'} (${arch()}), ${availableParallelism()} cores`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    `Linux ${release().split('-')[0]}`,
    `Node.js ${process.versions.node}`,
    `Kamailio ${kamailio}`,
    `rtpengine ${rtpengine}`,
  ].join(', ')
}
