/** The pages behind a link: what would be taken back, and that it was. No script, nothing from elsewhere. */
import { createHash } from 'node:crypto'
import { inert, timeOf } from '../plain-text.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}dt{font-weight:600;margin-top:.75rem}dd{margin:0}button{font:inherit;padding:.6rem 1.2rem;margin-top:1.5rem}'

const MAXIMUM_BESIDES = 20

/** For every page here: only its own style, and only its own form. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`

export interface UndoSubject {
  readonly who: string
  readonly response: string
  readonly prefix: string | undefined
  readonly reason: string
  readonly at: number
  readonly rule: string
  /** Why it is held beside that, a line each. */
  readonly besides: readonly string[]
}

export function askPage(subject: UndoSubject): string {
  return page(
    'Take it back?',
    `${facts(subject)}
<p>${escapeHtml(consequence(subject))} No spending cap changes.</p>
<form method="post"><button type="submit">Take it back</button></form>
<p>If you are not sure, close this page: nothing has changed.</p>`,
  )
}

export function donePage(subject: UndoSubject): string {
  return page('Done', `<p>It was taken back, and noted in the log.</p>\n${facts(subject)}`)
}

export function failedPage(): string {
  return page(
    'Not done',
    '<p>It could not be taken back now. Try again in a minute, or run: <code>ringfence fraud undo</code></p>',
  )
}

function consequence({ response, who, prefix }: UndoSubject): string {
  return response === 'suspend'
    ? `${who} may call outside again.`
    : `Everybody may call numbers that begin with +${prefix ?? ''} again, as far as the rest of the policy lets them.`
}

function facts({ who, reason, at, rule, prefix, response, besides }: UndoSubject): string {
  const what = response === 'suspend' ? `${who} was suspended` : `calls to +${prefix ?? ''} were closed`
  const rows = [
    ['What was done', what],
    ['Why', reason],
    ['When', timeOf(at)],
    ['Rule', rule],
    ...besides.slice(0, MAXIMUM_BESIDES).map(each => ['And', each] as const),
  ] as const
  return `<dl>${rows.map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(inert(text))}</dd>`).join('')}</dl>`
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>
`
}

export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, each => entities[each]!)
}
