/** Waiting messages: application/simple-message-summary (RFC 3842 §5.2). */
import { addressOf } from './dialog-info.ts'

export const MESSAGE_SUMMARY_TYPE = 'application/simple-message-summary'

export interface MessageSummary {
  readonly number: string
  readonly domain: string
  readonly newMessages: number
  readonly oldMessages: number
}

/** Urgent ones are not told apart: always 0/0, which phones of old want to read. */
export function messageSummaryBody({ number, domain, newMessages, oldMessages }: MessageSummary): string {
  return (
    `Messages-Waiting: ${newMessages > 0 ? 'yes' : 'no'}\r\n` +
    `Message-Account: ${addressOf(number, domain)}\r\n` +
    `Voice-Message: ${count(newMessages)}/${count(oldMessages)} (0/0)\r\n`
  )
}

/** `msg-count = 1*DIGIT`. */
function count(messages: number): number {
  return Number.isSafeInteger(messages) && messages > 0 ? messages : 0
}
