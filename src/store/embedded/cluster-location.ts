/** Where the database's files lie, and as whom it runs: under the data folder, or beside it where its user cannot go. */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { geteuid } from 'node:process'
import type { Logger } from '../../base/logger.ts'
import { StoreError } from '../errors.ts'
import type { PostgresBinaries } from './binaries.ts'
import { prepareBinaries } from './binaries.ts'
import type { SystemUser } from './system-user.ts'
import { chooseSystemUser, mayEnter, ownerOf } from './system-user.ts'

export interface ClusterLocation {
  /** The cluster (`PGDATA`). */
  readonly data: string
  /** Folder of the Unix socket, open to its owner alone. */
  readonly socketFolder: string
  readonly binaries: PostgresBinaries
  /** Undefined: it runs as we do. */
  readonly user: SystemUser | undefined
}

const ELSEWHERE = '/var/lib/ringfence'
const NOTE = 'database-location'
/** sun_path holds 108 octets; the file's own name takes 16. */
const MAXIMUM_SOCKET_FOLDER = 90

/** `elsewhere`: the folder for clusters whose data folder the database's user cannot reach. */
export function locateCluster(
  dataDirectory: string,
  runAs: string | undefined,
  logger: Logger,
  elsewhere = ELSEWHERE,
): ClusterLocation {
  const known = join(readNote(dataDirectory) ?? dataDirectory, 'database', 'data')
  const owner = runAs === undefined ? ownerOf(known) : undefined
  const user = geteuid?.() === 0 ? (owner ?? chooseSystemUser(runAs)) : undefined
  const base = user === undefined ? dataDirectory : reachableBase(dataDirectory, user, logger, elsewhere)
  const binaries = prepareBinaries(base === dataDirectory ? dataDirectory : elsewhere, user)
  const folder = join(base, 'database')
  makeFolderFor(folder, user)
  giveTo(join(folder, 'data'), user)
  return { data: join(folder, 'data'), socketFolder: socketFolder(folder, user), binaries, user }
}

/** DIR itself where `user` can enter it (it is made passable, not readable), else a folder for DIR elsewhere. */
function reachableBase(dataDirectory: string, user: SystemUser, logger: Logger, elsewhere: string): string {
  const noted = readNote(dataDirectory)
  if (noted !== undefined) return noted
  if (mayEnter(dirname(dataDirectory), user)) {
    if (!mayEnter(dataDirectory, user)) chmodSync(dataDirectory, (statSync(dataDirectory).mode & 0o777) | 0o011)
    return dataDirectory
  }
  const name = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16)
  const base = join(elsewhere, 'clusters', name)
  mkdirSync(base, { recursive: true, mode: 0o711 })
  for (const folder of [elsewhere, dirname(base), base]) chmodSync(folder, (statSync(folder).mode & 0o777) | 0o011)
  if (!mayEnter(base, user)) {
    throw new StoreError(
      'STORE_START_FAILED',
      `the user ${user.name} cannot reach ${base}; name a data folder that it can, with --data`,
    )
  }
  writeFileSync(join(dataDirectory, NOTE), `${base}\n`, { mode: 0o644 })
  logger.warn(
    { dataDirectory, database: base, user: user.name },
    `the database runs as ${user.name}, who cannot reach ${dataDirectory}: its files are in ${base}`,
  )
  return base
}

function readNote(dataDirectory: string): string | undefined {
  try {
    return readFileSync(join(dataDirectory, NOTE), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** After `store.runAs` was changed. */
function giveTo(path: string, user: SystemUser | undefined): void {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (user === undefined || status === undefined || status.uid === user.uid) return
  if (status.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), user)
  // The folder last: an interrupted change is taken up again.
  lchownSync(path, user.uid, user.gid)
}

function makeFolderFor(folder: string, user: SystemUser | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
}

/** Beside the cluster; in a fresh private folder of the system's temporary one where that path is too long for a socket. */
function socketFolder(folder: string, user: SystemUser | undefined): string {
  const beside = join(folder, 'run')
  if (Buffer.byteLength(beside) <= MAXIMUM_SOCKET_FOLDER) {
    makeFolderFor(beside, user)
    return beside
  }
  const short = mkdtempSync(join(tmpdir(), 'ringfence-'))
  makeFolderFor(short, user)
  return short
}
