/** Subscriptions of phones to what they show: busy lamps and waiting messages (RFC 6665). */
import type { ExtensionId } from '../base/ids.ts'

/** One call of an extension as a busy lamp shows it (RFC 4235 §4.1); `remote` is a number that the watcher may see, or undefined. */
export interface WatchedDialog {
  readonly id: string
  readonly direction: 'initiator' | 'recipient'
  readonly state: 'trying' | 'early' | 'confirmed' | 'terminated'
  readonly remote: string | undefined
  /** Call-ID and tags of a dialog that rings and may be picked up by Replaces (RFC 3891); undefined where not. */
  readonly pickUp: { readonly callId: string; readonly localTag: string; readonly remoteTag: string } | undefined
}

/** What calls tell: implemented by `call/`, which calls back when something of the extension's dialogs changed. */
export interface DialogSource {
  dialogsOf(extensionId: ExtensionId): readonly WatchedDialog[]
  onDialogsChanged(callback: (extensionId: ExtensionId) => void): void
}

/** Messages that wait (RFC 3842 §5.2). Voicemail implements it later; until then all counts are zero. */
export interface MailboxSource {
  waitingFor(extensionId: ExtensionId): { readonly newMessages: number; readonly oldMessages: number }
  onMailboxChanged(callback: (extensionId: ExtensionId) => void): void
}
