/** What can be watched here: who is named by a SUBSCRIBE, and how its state is written down (RFC 6665 §5.4). */
import type { DirectoryReader, Extension } from '../directory/types.ts'
import { DIALOG_INFO_TYPE, dialogInfoBody } from './dialog-info.ts'
import { MESSAGE_SUMMARY_TYPE, messageSummaryBody } from './message-summary.ts'
import type { Watcher } from './options.ts'
import type { DialogSource, MailboxSource, WatchedDialog } from './types.ts'

/** What one subscription has to say of its state, document after document. */
export interface StateWriter {
  /** Whether the state is another than the one that `write` has told last. */
  changed(): boolean
  /** The next document. */
  write(): string
}

export interface EventPackage {
  readonly name: string
  readonly contentType: string
  /** The extension whose state is asked for; undefined: none that this watcher may see. */
  watched(user: string, watcher: Watcher): Extension | undefined
  writer(extension: Extension, watcher: Watcher): StateWriter
}

export interface PackageParts {
  readonly directory: DirectoryReader
  readonly dialogs: DialogSource
  readonly mailboxes: MailboxSource
}

/** By name. */
export function eventPackages(parts: PackageParts): ReadonlyMap<string, EventPackage> {
  return new Map([dialogPackage(parts), messageSummaryPackage(parts)].map(each => [each.name, each]))
}

function dialogPackage({ directory, dialogs }: PackageParts): EventPackage {
  return {
    name: 'dialog',
    contentType: DIALOG_INFO_TYPE,
    watched: (user, { organisation }) => directory.extensionByNumber(organisation.id, user),
    writer({ id, number }, { organisation: { domain } }) {
      let version = 0
      let told: readonly WatchedDialog[] = []
      let last: string | undefined
      const stateOf = (living: readonly WatchedDialog[]): string => JSON.stringify(living)
      return {
        changed: () => stateOf(dialogs.dialogsOf(id)) !== last,
        write() {
          const living = dialogs.dialogsOf(id)
          const ids = new Set(living.map(dialog => dialog.id))
          // §3.7.1: a dialog that ended is told of once; phones that only read elements learn of it too.
          const ended = told.filter(dialog => dialog.state !== 'terminated' && !ids.has(dialog.id))
          const gone = ended.map(dialog => ({ ...dialog, state: 'terminated', pickUp: undefined }) as const)
          told = living
          last = stateOf(living)
          return dialogInfoBody({ version: version++, number, domain, dialogs: [...living, ...gone] })
        },
      }
    },
  }
}

function messageSummaryPackage({ mailboxes }: PackageParts): EventPackage {
  return {
    name: 'message-summary',
    contentType: MESSAGE_SUMMARY_TYPE,
    // One's own mailbox, and nobody else's (RFC 3842 §6).
    watched: (user, { device, extension }) =>
      user === device.username || user === extension.number ? extension : undefined,
    writer({ id, number }, { organisation: { domain } }) {
      let last: string | undefined
      const body = (): string => messageSummaryBody({ number, domain, ...mailboxes.waitingFor(id) })
      return {
        changed: () => body() !== last,
        write: () => (last = body()),
      }
    },
  }
}
