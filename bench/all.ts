/** All benchmarks, one after the other, each in a process of its own: `npm run bench [-- OPTIONS]`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const COMMANDS = [
  'register',
  'tls',
  'calls',
  'media',
  'latency',
  'memory',
  'growth',
  'routing',
  'admission',
  'api',
  'export',
  'export-calls',
  'detections',
  'source-table',
  'scan-replay',
  'blocklist',
  'firewall-checks',
  'flood',
  'avalanche',
]

const failed = COMMANDS.filter(name => {
  console.log(`\n== ${name}`)
  const args = [join(import.meta.dirname, `${name}.ts`), ...process.argv.slice(2)]
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
