/**
 * An event as a row, and back. What is in clear is the document; each sealed part is AES-256-GCM under its subject's key:
 *
 *   part = nonce (12) | ciphertext | tag (16), in base64; parts are parted by a blank; `-` for none
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { randomBytes } from '../../base/random.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { commitmentOf, documentText, joinEvent, readDocument, type SplitEvent } from '../../events/chain/document.ts'
import type { Opening } from '../../events/chain/types.ts'
import { StoreError } from '../errors.ts'
import type { SubjectKey } from './subject-keys.ts'

export interface SealedEvent {
  readonly document: string
  readonly sealed: string
}

export interface OpenedEvent {
  readonly event: RingfenceEvent
  readonly openings: readonly (Opening | null)[]
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function sealEvent(
  event: RingfenceEvent,
  split: SplitEvent,
  keys: ReadonlyMap<string, SubjectKey>,
): SealedEvent {
  const commitments: (readonly [number, string])[] = []
  const sealed = split.parts.map(({ subject, values }, index) => {
    const key = keys.get(subject)!
    commitments.push([key.id, commitmentOf(saltOf(key, event.id, index), values)])
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key.sealing, nonce)
    cipher.setAAD(boundTo(event.id, index))
    const body = Buffer.concat([nonce, cipher.update(JSON.stringify(values), 'utf8'), cipher.final()])
    return Buffer.concat([body, cipher.getAuthTag()]).toString('base64')
  })
  return {
    document: documentText(event, split.data, commitments),
    sealed: sealed.length === 0 ? '-' : sealed.join(' '),
  }
}

/** The keys that a document names. */
export function keysOf(document: string): readonly number[] {
  return readDocument(document)?.sealed.map(([key]) => key) ?? []
}

/** A part without its key, or that was altered, is not there: the chain tells which. Throws StoreError for no document. */
export function openEvent(row: SealedEvent, keys: ReadonlyMap<number, SubjectKey>): OpenedEvent {
  const document = readDocument(row.document)
  if (document === undefined) throw new StoreError('STORE_WRITE_REFUSED', 'an event of the log cannot be read')
  const texts = row.sealed.split(' ')
  const openings = document.sealed.map(([id], index): Opening | null => {
    const key = keys.get(id)
    if (key === undefined) return null
    const values = openPart(key, texts[index] ?? '', boundTo(document.id, index))
    return values === undefined ? null : { salt: saltOf(key, document.id, index).toString('hex'), values }
  })
  return {
    event: joinEvent(
      document,
      openings.map(each => each?.values),
    ),
    openings,
  }
}

function openPart(key: SubjectKey, text: string, bound: Buffer): readonly string[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key.sealing, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(bound)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
    return JSON.parse(Buffer.concat([body, decipher.final()]).toString('utf8')) as readonly string[]
  } catch {
    return undefined
  }
}

/** Known to whoever has the subject's key, and gone with it: so nobody can guess what a commitment stands for. */
function saltOf(key: SubjectKey, eventId: string, index: number): Buffer {
  return createHmac('sha256', key.salting).update(`${eventId} ${index}`).digest()
}

function boundTo(eventId: string, index: number): Buffer {
  return Buffer.from(`${eventId} ${index}`, 'latin1')
}
