import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'

const documents = globSync('**/*.md', {
  cwd: repositoryRoot,
  exclude: name => name === 'node_modules' || name === 'dist' || name.startsWith('.git'),
}).toSorted()

interface Document {
  readonly file: string
  /** Without fenced code. */
  readonly prose: string
  readonly headings: ReadonlySet<string>
}

function read(file: string): Document {
  const text = readFileSync(join(repositoryRoot, file), 'utf8')
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  const headings = new Set([...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => anchorOf(title)))
  return { file, prose, headings }
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

const pages = documents.map(read)

test('there are documents to check', () => {
  for (const file of ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    assert.ok(documents.includes(file), file)
  }
})

test('every relative link leads somewhere', () => {
  const broken: string[] = []
  for (const { file, prose, headings } of pages) {
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const found = path === '' ? file : normalize(join(dirname(file), path))
      if (!existsSync(join(repositoryRoot, found))) broken.push(`${file}: ${target}`)
      else if (anchor !== undefined) {
        const known = path === '' ? headings : pages.find(each => each.file === found)?.headings
        if (known !== undefined && !known.has(anchor)) broken.push(`${file}: ${target} (no such heading)`)
      }
    }
  }
  assert.deepEqual(broken, [])
})

test('every path of the repository that is named exists', () => {
  const broken: string[] = []
  for (const { file, prose } of pages) {
    for (const [, path = ''] of prose.matchAll(
      /`((?:src|test|docs|bin|deploy|examples|bench|tools)\/[A-Za-z0-9_./*-]*)`/g,
    )) {
      const found = path.includes('*')
        ? globSync(path, { cwd: repositoryRoot }).length > 0
        : existsSync(join(repositoryRoot, path))
      if (!found) broken.push(`${file}: ${path}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('links to folders and files are spelled with the right kind of end', () => {
  const wrong: string[] = []
  for (const { file, prose } of pages) {
    for (const [, target = ''] of prose.matchAll(/\]\(([^)#\s]+)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const path = join(repositoryRoot, dirname(file), target)
      if (existsSync(path) && target.endsWith('/') !== statSync(path).isDirectory()) wrong.push(`${file}: ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('nothing names a place where only its writer has been', () => {
  const found = pages.flatMap(({ file, prose }) =>
    /(?:^|[\s(`])\/(?:work|root|home\/[a-z]+)\//.test(prose) ? [file] : [],
  )
  assert.deepEqual(found, [])
})
