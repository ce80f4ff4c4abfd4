/** Builds the web console into `console/dist`, where it is missing or older than its sources. `--force`: in any case. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'console')
const output = join(folder, 'dist')
const stamp = join(output, '.built-from')
const bundler = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/** Of everything that goes into the build. */
function digestOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync(['src/**/*.{ts,tsx,css}', 'public/**/*.svg', 'index.html', 'vite.config.ts', 'package.json'], {
    cwd: folder,
  }).toSorted()
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(folder, file)))
      .update('\0')
  return hash.digest('hex')
}

if (!existsSync(bundler)) {
  // Installed without the tools of development: the packaged console is used, or none.
  process.stderr.write('the console was not built: its tools are not installed (npm ci)\n')
  process.exit(0)
}
const digest = digestOfSources()
const isFresh = existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === digest
if (!isFresh || process.argv.includes('--force')) {
  const built = spawnSync(process.execPath, ['--no-deprecation', bundler, 'build', '--logLevel', 'warn'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (built.status !== 0) process.exit(built.status ?? 1)
  writeFileSync(stamp, `${digest}\n`)
  process.stdout.write('the console is built\n')
}
