/** A file of lines that is rotated by its size: durable before it is acknowledged, never larger in all than was said. */
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { fail, ok } from '../../base/result.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { visible } from '../text.ts'
import type { Sender } from '../types.ts'

export interface FileSenderOptions {
  readonly path: string
  /** Octets after which a new file is begun. */
  readonly fileSize: number
  /** Files `PATH.1` (the newest) … beside the one that is written. */
  readonly fileCount: number
  /** First line of each file. */
  readonly header: string | undefined
  /** With its end. */
  line(logged: LoggedEvent): string
}

/** For its readers a group may be given. */
const MODE = 0o640
const LINE_FEED = 10

export function createFileSender(options: FileSenderOptions): Sender {
  const { path, fileSize, fileCount, header, line } = options
  let file: FileHandle | undefined
  let size = 0

  async function opened(): Promise<FileHandle> {
    // Moved or removed by somebody else (logrotate): then a new one is begun.
    if (file !== undefined && !(await isSame(file, path))) await close()
    if (file !== undefined) return file
    const flags =
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = await open(path, flags, MODE)
    const found = await handle.stat()
    if (!found.isFile()) {
      await handle.close()
      throw new Error('is no ordinary file')
    }
    size = found.size
    file = handle
    if (size > 0 && !(await endsWithLine(handle, size))) await append('\n')
    if (size === 0 && header !== undefined) await append(`${header}\n`)
    return handle
  }

  async function append(text: string): Promise<void> {
    const octets = Buffer.from(text, 'utf8')
    await file?.appendFile(octets)
    size += octets.length
  }

  async function close(): Promise<void> {
    const handle = file
    file = undefined
    await handle?.close()
  }

  async function rotate(): Promise<void> {
    await close()
    await rm(`${path}.${fileCount}`, { force: true })
    for (let number = fileCount - 1; number >= 1; number--) await moved(`${path}.${number}`, `${path}.${number + 1}`)
    if (fileCount === 0) await rm(path, { force: true })
    else await moved(path, `${path}.1`)
  }

  return {
    async send(batch) {
      try {
        const text = batch.map(line).join('')
        await opened()
        if (size > 0 && size + Buffer.byteLength(text) > fileSize) {
          await rotate()
          await opened()
        }
        await append(text)
        await file?.datasync()
        return ok({})
      } catch (error) {
        await close().catch(() => undefined)
        return fail({ kind: 'later', detail: visible((error as Error).message, 300) })
      }
    },
    close: () => void close().catch(() => undefined),
  }
}

async function isSame(file: FileHandle, path: string): Promise<boolean> {
  const [held, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return named !== undefined && named.ino === held.ino && named.dev === held.dev
}

/** A crash in the middle of a line: its event is written again, whole, on a line of its own. */
async function endsWithLine(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === LINE_FEED
}

async function moved(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
