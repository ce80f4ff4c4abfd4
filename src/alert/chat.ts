/**
 * Messages for the incoming webhooks of Slack (and what takes the same, such as Mattermost) and of Microsoft Teams. What a
 * stranger may have written is text there: it formats nothing, links nowhere and calls nobody.
 */
import type { Secret } from '../base/secret.ts'
import { inert, sectionsOf, timeOf, titleOf } from './plain-text.ts'
import { createPost, type PostOptions } from './post.ts'
import type { AlertMessage, Channel, Notice } from './types.ts'

export type ChatKind = 'slack' | 'teams'

export interface ChatOptions extends Omit<PostOptions, 'url'> {
  readonly kind: ChatKind
  /** https:; whoever knows it may write there. */
  readonly url: Secret
}

const PAYLOADS = { slack: slackPayload, teams: teamsPayload } as const

export function createChatChannel({ kind, url, ...options }: ChatOptions): Channel {
  const post = createPost({ ...options, url: url.reveal() })
  return {
    name: `${kind} ${post.host}`,
    send: message => post.send(JSON.stringify(PAYLOADS[kind](message))),
    close: () => post.close(),
  }
}

/** Of a header block. */
const MAXIMUM_HEADER = 150
/** Of a section's text. */
const MAXIMUM_SECTION = 3_000

/** Blocks, and the same as `text` for notifications and for programs that know no blocks. */
export function slackPayload(message: AlertMessage): object {
  const { notice } = message
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
  const lines = [...sectionsOf(message), ...detailsOf(notice)]
  const blocks = [
    { type: 'header', text: plain(titleOf(message).slice(0, MAXIMUM_HEADER)) },
    { type: 'section', text: plain(inLines(lines).slice(0, MAXIMUM_SECTION)) },
  ]
  const named = linksOf(notice)
  const links = named.map(({ words, url }) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: `${words}: <${escaped(url)}>` },
  }))
  const text = [titleOf(message), inLines(lines)].map(each => escaped(uncalling(each)))
  const link = named.map(({ words, url }) => `${words}: ${escaped(url)}`)
  return { text: [...text, ...link].join('\n'), blocks: [...blocks, ...links] }
}

/** An Adaptive Card. Its `TextRun`s, unlike its `TextBlock`s, read no Markdown. */
export function teamsPayload(message: AlertMessage): object {
  const { notice } = message
  const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more })
  const block = (inlines: readonly object[], more: object = {}) => ({ type: 'RichTextBlock', inlines, ...more })
  const color = notice.urgency === 'warning' ? 'Warning' : 'Attention'
  const body = [
    block([run(titleOf(message), { weight: 'Bolder', size: 'Medium', color })]),
    ...sectionsOf(message).map(([name, text]) => block([run(`${name}: `, { weight: 'Bolder' }), run(text)])),
    ...detailsOf(notice).map(([name, text]) =>
      block([run(`${name}: `, { isSubtle: true }), run(text, { isSubtle: true })], { spacing: 'None' }),
    ),
  ]
  const actions = linksOf(notice).map(({ words, url }) => ({ type: 'Action.OpenUrl', title: words, url }))
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    actions,
  }
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}

type Line = readonly [name: string, text: string]

function detailsOf({ type, details }: Notice): readonly Line[] {
  return Object.entries({ event: type, ...details }).map(([name, text]) => [inert(name, 64), inert(text)] as const)
}

function inLines(lines: readonly Line[]): string {
  return lines.map(([name, text]) => `${name}: ${text}`).join('\n')
}

interface Link {
  readonly words: string
  readonly url: string
}

function linksOf({ undo, page }: Notice): readonly Link[] {
  const back = undo && { words: `Was it in order? Take it back, once, until ${timeOf(undo.until)}`, url: undo.url }
  const seen = page === undefined ? undefined : { words: 'Say that you see to it', url: page }
  return [back, seen].filter(link => link !== undefined)
}

/** The three characters that Slack reads in any text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** `@channel` is nobody's name in Slack, but in what takes the same. */
function uncalling(text: string): string {
  return text.replaceAll('@', '(at)')
}
