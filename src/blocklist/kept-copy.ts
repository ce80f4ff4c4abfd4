/** The last good copy of a list in the data folder: a line about it, then what was read. */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Validators } from './fetch-list.ts'
import { MAXIMUM_OCTETS } from './parse-list.ts'
import type { ListSettings } from './types.ts'

export interface KeptCopy {
  readonly octets: Buffer
  readonly digest: string
  readonly isWhole: boolean
  /** Milliseconds since the epoch. */
  readonly readAt: number
  readonly validators: Validators
}

const HEAD = 4_096

export function digestOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex')
}

/** Undefined: there is none of this source, or it is damaged. */
export async function loadCopy(folder: string, { name, from, form }: ListSettings): Promise<KeptCopy | undefined> {
  try {
    const path = pathOf(folder, name)
    if ((await stat(path)).size > MAXIMUM_OCTETS + HEAD) return undefined
    const all = await readFile(path)
    const end = all.indexOf(10)
    if (end < 0 || end > HEAD) return undefined
    const about = JSON.parse(all.toString('utf8', 0, end)) as Record<string, unknown>
    const { digest, readAt, isWhole, etag, lastModified } = about
    const octets = all.subarray(end + 1)
    if (about['from'] !== from || about['form'] !== form || digest !== digestOf(octets)) return undefined
    if (typeof readAt !== 'number' || !Number.isSafeInteger(readAt)) return undefined
    return {
      octets,
      digest,
      isWhole: isWhole === true,
      readAt,
      validators: {
        etag: typeof etag === 'string' ? etag : undefined,
        lastModified: typeof lastModified === 'string' ? lastModified : undefined,
      },
    }
  } catch {
    return undefined
  }
}

/** All of it or nothing: what is there is replaced when the new one is on the disk. */
export async function saveCopy(folder: string, { name, from, form }: ListSettings, copy: KeptCopy): Promise<void> {
  const { digest, readAt, isWhole, validators, octets } = copy
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = pathOf(folder, name)
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ from, form, digest, readAt, isWhole, ...validators })}\n`)
    await file.writeFile(octets)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path).catch(async (error: unknown) => {
    await rm(temporary, { force: true })
    throw error
  })
}

function pathOf(folder: string, name: string): string {
  return join(folder, `${name}.list`)
}
