/** All lists: asked for each stranger, so in nanoseconds where nothing is found. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createAcceptable } from './acceptable.ts'
import { type BlockList, type BlockListOptions, createBlockList } from './block-list.ts'
import { readSource, type Words } from './network-index.ts'
import type { BlockLists, ListedNetwork, ListSettings } from './types.ts'

export interface BlockListsOptions extends Omit<BlockListOptions, 'settings' | 'acceptable'> {
  readonly lists: readonly ListSettings[]
  /** Networks that no list bans: this machine's, its phones', and what the operator allows. Default none. */
  readonly ownNetworks?: readonly string[] | undefined
}

/** As many as the configuration takes. */
const MOST_LISTS = 16

export function createBlockLists({ lists: settings, ownNetworks = [], ...options }: BlockListsOptions): BlockLists {
  if (settings.length > MOST_LISTS) throw new RangeError(`more than ${MOST_LISTS} lists`)
  const acceptable = createAcceptable(ownNetworks)
  const lists = settings.map(each => createBlockList({ ...options, settings: each, acceptable }))
  const strict = lists.filter(list => list.mode === 'on')
  const tried = lists.filter(list => list.mode === 'dry-run')
  const words: Words = { family: 4, high: 0, low: 0 }

  return {
    find(address) {
      if (lists.length === 0 || !readSource(address, words)) return undefined
      // A list that is only tried hides none that is in force.
      const found = narrowest(strict, words) ?? narrowest(tried, words)
      return found !== undefined && acceptable.isBannable(words) ? found : undefined
    },
    statuses: () => lists.map(list => list.status()),
    async refresh(name, { force = false } = {}) {
      const asked = lists.filter(list => name === undefined || list.settings.name === name)
      await Promise.all(asked.map(list => list.refresh(force)))
      return asked.map(list => list.status())
    },
    async start() {
      await forgetOthers(options.folder, settings)
      await Promise.all(lists.map(list => list.start()))
    },
    async stop() {
      await Promise.all(lists.map(list => list.stop()))
    },
  }
}

function narrowest(lists: readonly BlockList[], words: Words): ListedNetwork | undefined {
  let best: BlockList | undefined
  let at = -1
  let length = -1
  for (const list of lists) {
    const found = list.index?.find(words) ?? -1
    if (found < 0 || list.index!.lengthOf(found) <= length) continue
    best = list
    at = found
    length = list.index!.lengthOf(found)
  }
  return best === undefined ? undefined : { list: best.settings.name, network: best.index!.textOf(at), mode: best.mode }
}

/** Copies of lists that are not asked for any more. */
async function forgetOthers(folder: string, settings: readonly ListSettings[]): Promise<void> {
  const files = await readdir(folder).catch(() => [])
  const kept = new Set(settings.map(({ name }) => `${name}.list`))
  for (const file of files)
    if (/^[a-z0-9-]{1,32}\.list(\.new)?$/.test(file) && !kept.has(file)) await rm(join(folder, file), { force: true })
}
