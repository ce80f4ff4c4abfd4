/** `npm run build`: the package's JavaScript in `dist/`, because Node.js runs no TypeScript below `node_modules`. */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const output = join(root, 'dist')

rmSync(output, { recursive: true, force: true })
const compiler = join(root, 'node_modules', '.bin', 'tsc')
const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

// The compiler rewrites imports, but not the URLs by which worker threads are started.
for (const file of globSync('**/*.js', { cwd: output })) {
  const path = join(output, file)
  const text = readFileSync(path, 'utf8')
  const rewritten = text.replace(/(new URL\(\s*['"]\.[^'"]*)\.ts(['"],\s*import\.meta\.url)/g, '$1.js$2')
  if (rewritten !== text) writeFileSync(path, rewritten)
}

for (const file of globSync('**/*.{sql,yml}', { cwd: join(root, 'src') })) {
  cpSync(join(root, 'src', file), join(output, file), { recursive: true })
}
// The console beside the server that serves it.
cpSync(join(root, 'console', 'dist'), join(output, 'console'), { recursive: true })
process.stdout.write(`built ${globSync('**/*.js', { cwd: output }).length} files in dist/\n`)
