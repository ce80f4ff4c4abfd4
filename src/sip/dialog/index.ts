/** Dialogs, session timers, reliable provisional responses, transfer headers. */
export { type AcceptedInvite, type AcceptedInviteOptions, acceptInvite } from './accepted-invite.ts'
export {
  createUacDialog,
  createUasDialog,
  type Dialog,
  type DialogState,
  type RequestParts,
  type UasDialogOptions,
} from './dialog.ts'
export { dialogId, dialogIdOfRequest, dialogIdOfResponse } from './dialog-id.ts'
export {
  parseReferTo,
  type ReferTo,
  referNotifyHeaders,
  referToOf,
  SIPFRAG_TYPE,
  sipfragBody,
  sipfragStatus,
} from './refer.ts'
export {
  createProvisionalReceiver,
  createReliableProvisionals,
  isReliable,
  parseRAck,
  type ProvisionalReceiver,
  type ProvisionalVerdict,
  type RAck,
  type ReliableProvisionals,
  type ReliableProvisionalsOptions,
  rackFor,
  rseqOf,
} from './reliable-provisional.ts'
export { formatReplaces, parseReplaces, type Replaces, replacesOf } from './replaces.ts'
export {
  afterTooSmall,
  answerSession,
  DEFAULT_SESSION_POLICY,
  type Refresher,
  refreshSent,
  type SessionAnswer,
  sessionDelay,
  sessionDue,
  type SessionExpires,
  sessionExpiresOf,
  type SessionPolicy,
  sessionRequestHeaders,
  type SessionTimer,
  settledSession,
  startSession,
  supportsTimer,
} from './session-timer.ts'
