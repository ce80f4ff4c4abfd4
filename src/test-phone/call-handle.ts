/** The script's handle on a call, whatever direction it has: the parts that only an answered call can do go to it. */
import { randomToken } from '../base/random.ts'
import type { AudioSession } from './audio-session.ts'
import { createCallProgress, type CallProgress, type PhoneCall, type TransferOutcome } from './call.ts'
import type { CallMedia } from './call-media.ts'
import type { InCall } from './in-call.ts'
import type { PhoneContext } from './phone-context.ts'

/** How long a transfer may take until its last NOTIFY. */
const TRANSFER_TIMEOUT_MS = 40_000

/** What the direction decides: how to end or answer before there is an answered call. */
export interface UnansweredCall {
  progress(): Promise<void>
  answer(): Promise<void>
  reject(status: number): void
  /** Ends the attempt; resolves when that is confirmed. */
  abort(): Promise<void>
}

export interface CallParts {
  readonly direction: 'outgoing' | 'incoming'
  readonly callId: string
  readonly remoteUri: string
  readonly remoteName: string | undefined
}

/** A call under way, as the phone that owns it uses it. */
export interface OwnedCall {
  readonly handle: PhoneCall
  readonly callProgress: CallProgress
  inCall: InCall | undefined
  media: CallMedia | undefined
  audio: AudioSession | undefined
  unanswered: UnansweredCall
  readonly onDigit: (digit: string) => void
  readonly onTransferProgress: (status: number) => void
}

export function createOwnedCall(context: PhoneContext, parts: CallParts, onEnd: () => void): OwnedCall {
  let digits = ''
  let transferDone: ((status: number) => void) | undefined
  let frequency: number | undefined
  const progress = createCallProgress(() => {
    owned.inCall?.stop()
    owned.audio?.close()
    onEnd()
  })
  const established = (): InCall => {
    if (owned.inCall === undefined || progress.state !== 'answered') throw new Error('the call is not answered')
    return owned.inCall
  }
  const sound = (): AudioSession => {
    if (owned.audio === undefined) throw new Error('the call has no audio yet')
    return owned.audio
  }
  const { clock } = context.endpoint

  async function refer(referTo: string): Promise<TransferOutcome> {
    const finalStatus = new Promise<number | undefined>(resolve => {
      transferDone = resolve
      clock.schedule(TRANSFER_TIMEOUT_MS, () => resolve(undefined))
    })
    const status = await established().send('REFER', [
      ['Refer-To', referTo],
      ['Referred-By', `<sip:${context.options.username}@${context.options.domain}>`],
    ])
    if (status >= 300) return { status, finalStatus: undefined }
    const outcome = await finalStatus
    transferDone = undefined
    return { status, finalStatus: outcome }
  }

  const handle: PhoneCall = {
    ...parts,
    get state() {
      return progress.state
    },
    ringing: progress.ringing,
    outcome: progress.outcome,
    ended: progress.ended,
    get suite() {
      return owned.media?.suite?.name
    },
    get held() {
      return owned.inCall?.held === true
    },
    get remoteAudio() {
      return owned.audio?.remote
    },
    get digits() {
      return digits
    },
    progress: () => owned.unanswered.progress(),
    answer: () => owned.unanswered.answer(),
    reject: (status = 486) => owned.unanswered.reject(status),
    async hangup() {
      if (progress.state === 'ended') return
      if (progress.state === 'answered') await established().bye()
      else await owned.unanswered.abort()
    },
    hold: () => established().reinvite('sendonly'),
    resume: () => established().reinvite('sendrecv'),
    transfer: target => refer(`<${targetUri(context, target)}>`),
    transferTo(consultation) {
      const replaced = dialogs.get(consultation)?.inCall?.dialog
      if (replaced === undefined) throw new Error('the consultation call is not answered')
      // RFC 3891 §3: the dialog as the one who gets the Replaces knows it: their tag is its local one.
      const replaces = `${replaced.callId};to-tag=${replaced.remoteTag};from-tag=${replaced.localTag}`
      return refer(`<${consultation.remoteUri}?Replaces=${encodeURIComponent(replaces)}>`)
    },
    sendDigits: text => sound().sendDigits(text),
    sendDigitByInfo: digit =>
      established().send('INFO', [], `Signal=${digit}\r\nDuration=160\r\n`, 'application/dtmf-relay'),
    request: (method, headers) => established().send(method, headers),
    speak(tone) {
      frequency = tone
      owned.audio?.speak(tone)
    },
    async sendTone(tone, milliseconds) {
      handle.speak(tone)
      await new Promise<void>(done => clock.schedule(milliseconds, done))
      handle.speak(undefined)
    },
    measureTone: (tone, milliseconds) => sound().listen(tone, milliseconds),
    statistics: () => sound().statistics(),
    vanish: () => progress.end({ by: 'network', reason: 'vanished' }),
  }

  let audio: AudioSession | undefined
  const owned: OwnedCall = {
    handle,
    callProgress: progress,
    inCall: undefined,
    media: undefined,
    get audio() {
      return audio
    },
    set audio(opened) {
      audio = opened
      opened?.speak(frequency)
      if (progress.state === 'ended') opened?.close()
    },
    unanswered: {
      progress: () => Promise.reject(new Error('the other side has to answer')),
      answer: () => Promise.reject(new Error('the other side has to answer')),
      reject() {},
      abort: async () => {},
    },
    onDigit: digit => {
      if (digits.length < 256) digits += digit
    },
    onTransferProgress(status) {
      if (status >= 200) transferDone?.(status)
    },
  }
  dialogs.set(handle, owned)
  return owned
}

/** From the handle that a script holds to the dialog behind it. */
const dialogs = new WeakMap<PhoneCall, OwnedCall>()

/** `102` becomes `sip:102@DOMAIN`; a URI stays as it is. */
export function targetUri(context: PhoneContext, target: string): string {
  return /^sips?:/i.test(target) ? target : `sip:${target}@${context.options.domain}`
}

export function newTag(): string {
  return randomToken(9)
}
