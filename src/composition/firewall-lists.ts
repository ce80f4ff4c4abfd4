/** Lists of networks that others keep, as configured, and what becomes of them as events. */
import { join } from 'node:path'
import { type BlockListsOptions, createBlockLists } from '../blocklist/block-lists.ts'
import type { BlockLists } from '../blocklist/types.ts'
import { isPublicAddress } from '../stir/public-address.ts'
import type { Core } from './core.ts'

export function createLists({ clock, bus, configuration }: Core): BlockLists {
  const { firewall, dataDirectory, knownNetworks } = configuration
  const options: BlockListsOptions = {
    lists: firewall.lists,
    ownNetworks: [...firewall.allow, ...knownNetworks],
    folder: join(dataDirectory, 'lists'),
    clock,
    isPublicAddress,
    onChanged({ name, from, entries: count, digest = '' }, before) {
      bus.publish('firewall.list-changed', { list: name, from, entries: count, before, digest })
    },
    onProblem({ name, from, problem = '' }) {
      bus.publish('firewall.list-problem', { list: name, from, problem })
    },
  }
  return createBlockLists(options)
}
