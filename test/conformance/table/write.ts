/** `npm run conformance:table`: runs the conformance tests and writes docs/conformance.md from what they observed. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot, temporaryFolder } from '../../support/places.ts'
import { CONFORMANCE_DOCUMENT, documentOf, readRows, type Row } from './document.ts'

/** Files named on the command line are run and replace their own rows; without any, all are run. */
const named = process.argv.slice(2)
const all = globSync('test/conformance/**/*.test.ts', { cwd: repositoryRoot }).toSorted()
const files = named.length > 0 ? named : all
const path = join(repositoryRoot, CONFORMANCE_DOCUMENT)

function present(): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

const folder = temporaryFolder('conformance-rows')
try {
  const { status } = spawnSync(process.execPath, ['--test', ...files], {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: { ...process.env, CONFORMANCE_ROWS: folder.path },
  })
  if (status === 0) {
    const fresh = readdirSync(folder.path).flatMap(
      name => JSON.parse(readFileSync(join(folder.path, name), 'utf8')) as Row[],
    )
    const kept = named.length > 0 ? readRows(present()).filter(row => !files.includes(row.file)) : []
    writeFileSync(path, documentOf([...kept, ...fresh]))
    process.stdout.write(`${CONFORMANCE_DOCUMENT}: ${fresh.length} rows of this run, ${kept.length} kept\n`)
  } else {
    process.stderr.write(`${CONFORMANCE_DOCUMENT} is not written: a test failed\n`)
    process.exitCode = 1
  }
} finally {
  folder.remove()
}
