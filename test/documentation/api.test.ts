import { test } from 'node:test'
import type { z } from 'zod'
import { STANDARD_LIMITS } from '../../src/api/http/guards.ts'
import { jsonSchema } from '../../src/api/http/openapi.ts'
import type { ApiRoute } from '../../src/api/http/route.ts'
import { httpRoutes } from '../../src/api/http/routes/index.ts'
import { checkGenerated } from './generated.ts'

const { session, key, address } = STANDARD_LIMITS

const INTRODUCTION = `# The HTTP interface

All that the console and the commands do, below \`https://HOST:8443/api/v1\`. \`/api/openapi.json\` is the same as OpenAPI 3.1,
made from the schemas that check each request; anybody may read it.

## Who asks

- **Programs** send \`Authorization: Bearer rfk_…\`, a key made by \`ringfence api-key add\` or \`POST /api-keys\`. A key does what its scopes
  say, from the networks that it names, until it ends. Secrets of people, and the making of people and keys, are for no key.
- **People** have a session: the cookie \`__Host-ringfence\`. A change brings along \`X-CSRF-Token\` (from \`GET /session\`) and comes from our
  own pages (\`Origin\`, \`Sec-Fetch-Site\`).
- What is marked **fresh** wants a second factor that was given within five minutes: \`POST /session/step-up/begin\` and \`…/finish\`, then the
  same request again.
- Somebody of the whole installation chooses an organisation with the header \`Ringfence-Organisation: ID\`; left out, it is the first. For
  anybody else an organisation that is not theirs does not exist: 404.
- \`administration.networks\` in the configuration says from where anybody may come at all.

## How it answers

| | |
|---|---|
| errors | \`application/problem+json\` (RFC 9457): \`type\`, \`title\`, \`status\`, \`detail\`, \`code\` (see [errors.md](errors.md)), and \`errors\` with each \`field\` and what to do |
| lists | \`{items, next}\`; \`?limit=\` (100; at most 1,000, of calls and the log 500) and \`?cursor=\` with \`next\` of the page before; \`null\`: this was the last one. Pages stay right while items come and go |
| unchanged | a read carries an \`ETag\`; \`If-None-Match\` answers 304 |
| concurrency | \`If-Match\` on PATCH, PUT and DELETE: 412 when it was changed since it was read. Without it the last one wins |
| once | \`Idempotency-Key\` on POST: sent again within a day it is answered as before (\`Idempotency-Replayed: true\`) and not done again; the key is of one caller and one request |
| limits | ${session.perSecond} requests a second of a session (${session.burst} at once), ${key.perSecond} of a key (${key.burst}), ${address.perSecond} of an address whose requests name nobody (${address.burst}): 429 with \`Retry-After\`. Whoever is in does not wait for a neighbour who guesses |
| bounds | a body has 64 KiB (some more, see the document) and nests 16 deep at most; an answer comes within a minute |
| live | \`GET /events/stream\`: server-sent events, each with its place in the log as \`id\`; with \`Last-Event-ID\` it goes on without a gap. Ends every ten minutes and with the session, which it does not keep from being idle; 5 at once for each |
| times | milliseconds since 1970-01-01 UTC; money is text with a point |

\`\`\`sh
curl --cacert ca.pem -H "Authorization: Bearer $KEY" https://pbx.example.com:8443/api/v1/extensions?limit=50
\`\`\`

This file is written by \`npm run documentation\` from the table of routes; the test fails when it is out of date.
`

test('docs/api.md is the table of routes', () => {
  const routes = httpRoutes({ oidc: {} } as never)
  const tags = [...new Set(routes.map(({ tag }) => tag))]
  const sections = tags.map(tag => {
    const rows = routes.filter(route => route.tag === tag).map(row)
    return `## ${tag}\n\n| request | | needs | takes |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  checkGenerated('docs/api.md', `${INTRODUCTION}\n${sections.join('\n')}`)
})

function row(route: ApiRoute): string {
  const { method, path, summary, access, stepUp, query, body } = route
  const needs = access === 'public' ? 'nothing' : access === 'session' ? 'a session' : `\`${access}\``
  const takes = [...namesOf(query).map(name => `?${name}`), ...namesOf(body)].map(name => `\`${name}\``)
  return `| \`${method} ${path}\` | ${summary} | ${needs}${stepUp ? ', fresh' : ''} | ${takes.join(' ')} |`
}

/** What may be left out stands in brackets. */
function namesOf(schema: z.ZodType | undefined): readonly string[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    readonly properties?: Readonly<Record<string, unknown>>
    readonly required?: readonly string[]
  }
  return Object.keys(properties).map(name => (required.includes(name) ? name : `[${name}]`))
}
