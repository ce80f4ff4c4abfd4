/** Builds the web console into `console/dist`, where it is missing or older than its sources. `--force`: in any case. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'console')
const output = join(folder, 'dist')
const stamp = join(output, '.built-from')
/** Built aside, and put in place whole: a server that starts meanwhile reads one console or the other. */
const aside = join(folder, 'node_modules', `.console-${process.pid}`)
const bundler = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/** What the first page may load of scripts, compressed. */
const FIRST_PAGE_LIMIT = 300_000
const COMPRESSED_FROM = 512

/** Of everything that goes into the build. */
function digestOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(import.meta.filename))
  const sources = ['src/**/*.{ts,tsx,css}', 'public/**/*.svg', 'index.html', 'vite.config.ts', 'package.json']
  // Rooms of the server that pages read with.
  const shared = ['../src/events/*.ts', '../src/events/query/*.ts', '../src/base/{network,result}.ts']
  const files = globSync([...sources, ...shared], { cwd: folder })
    .filter(file => !file.endsWith('.test.ts'))
    .toSorted()
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(folder, file)))
      .update('\0')
  return hash.digest('hex')
}

/** Once, thoroughly, instead of at each start. */
function compress(): void {
  for (const file of globSync('**/*.{html,js,css,svg}', { cwd: aside })) {
    const path = join(aside, file)
    const plain = readFileSync(path)
    if (plain.length < COMPRESSED_FROM) continue
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length }
    writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }))
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
  }
}

interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
}

/** The scripts that are needed before the overview shows: those of the entry and of its page, with what both import. */
function firstPage(): { readonly files: number; readonly octets: number } {
  const chunks = JSON.parse(readFileSync(join(aside, '.vite', 'manifest.json'), 'utf8')) as Record<string, Chunk>
  const wanted = Object.keys(chunks).filter(
    name => chunks[name]?.isEntry === true || name === 'src/pages/overview/index.tsx',
  )
  if (wanted.length < 2) throw new Error('the entry or the overview is not in the manifest of the build')
  const seen = new Set<string>()
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    wanted.push(...(chunks[name]?.imports ?? []))
  }
  const files = new Set([...seen].map(name => chunks[name]!.file).filter(file => file.endsWith('.js')))
  const sizes = [...files].map(file => {
    const path = join(aside, file)
    return readFileSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).length
  })
  return { files: files.size, octets: sizes.reduce((sum, each) => sum + each, 0) }
}

if (!existsSync(bundler)) {
  // Installed without the tools of development: the packaged console is used, or none.
  process.stderr.write('the console was not built: its tools are not installed (npm ci)\n')
  process.exit(0)
}
const digest = digestOfSources()
const isFresh = existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === digest
if (!isFresh || process.argv.includes('--force')) {
  process.exitCode = build()
  rmSync(aside, { recursive: true, force: true })
}

/** The exit code. */
function build(): number {
  mkdirSync(aside, { recursive: true })
  const args = ['build', '--logLevel', 'warn', '--outDir', aside, '--emptyOutDir']
  const built = spawnSync(process.execPath, ['--no-deprecation', bundler, ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (built.status !== 0) return built.status ?? 1
  compress()
  const { files, octets } = firstPage()
  process.stdout.write(
    `the console is built; its first page takes ${octets} bytes of script (gzip) in ${files} files\n`,
  )
  if (octets > FIRST_PAGE_LIMIT) {
    process.stderr.write(`that is more than ${FIRST_PAGE_LIMIT}\n`)
    return 1
  }
  writeFileSync(join(aside, '.built-from'), `${digest}\n`)
  rmSync(output, { recursive: true, force: true })
  renameSync(aside, output)
  return 0
}
