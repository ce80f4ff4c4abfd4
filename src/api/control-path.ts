/** Where the control socket of a data folder lies: `DIR/run/control.sock`, in folders that only their owner enters. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ControlError } from './errors.ts'

/** A Unix socket's path has 108 bytes on Linux and 104 on others, with the final zero. */
const MAXIMUM_PATH_BYTES = 100
const SOCKET = 'control.sock'
const POINTER = 'control.path'

/** Makes the private folder and says where to listen. A path that is too long becomes a short one, named by a pointer file. */
export function prepareControlSocket(dataDirectory: string): string {
  const folder = join(resolve(dataDirectory), 'run')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    removeControlPointer(dataDirectory)
    const path = join(folder, SOCKET)
    if (Buffer.byteLength(path) <= MAXIMUM_PATH_BYTES) return path
    const short = join(mkdtempSync('/tmp/ringfence-'), SOCKET)
    writeFileSync(join(folder, POINTER), short, { mode: 0o600 })
    return short
  } catch (error) {
    const text = `${folder} cannot be made: ${(error as Error).message}; choose another folder with --data`
    throw new ControlError('CONTROL_UNAVAILABLE', text, { cause: error })
  }
}

/** Where a server of this data folder would listen. */
export function findControlSocket(dataDirectory: string): string {
  const folder = join(resolve(dataDirectory), 'run')
  return readPointer(folder) ?? join(folder, SOCKET)
}

/** Removes the pointer file and the short folder behind it. */
export function removeControlPointer(dataDirectory: string): void {
  const folder = join(resolve(dataDirectory), 'run')
  const short = readPointer(folder)
  if (short !== undefined) rmSync(dirname(short), { recursive: true, force: true })
  rmSync(join(folder, POINTER), { force: true })
}

/**
 * The folder that the pointer names lies among strangers: it counts only while it belongs to the owner of the data folder
 * and nobody else may enter it. A cleaner of /tmp could have removed it, and a stranger made one of that name.
 */
function readPointer(folder: string): string | undefined {
  try {
    const path = readFileSync(join(folder, POINTER), 'utf8')
    if (!/^\/tmp\/ringfence-[A-Za-z0-9]{6}\/control\.sock$/.test(path)) return undefined
    const place = lstatSync(dirname(path))
    const genuine = place.isDirectory() && place.uid === lstatSync(folder).uid && (place.mode & 0o077) === 0
    return genuine ? path : undefined
  } catch {
    return undefined
  }
}
