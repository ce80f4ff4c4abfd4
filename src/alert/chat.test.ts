/** Messages for chats, against a real HTTPS receiver; a stranger's words stay words. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Secret } from '../base/secret.ts'
import { createTestAuthority, type TestAuthority } from '../sip/transport/test-certificates.ts'
import { isPublicAddress } from '../stir/public-address.ts'
import { type ChatKind, createChatChannel, slackPayload, teamsPayload } from './chat.ts'
import type { AlertMessage } from './types.ts'

const HOSTILE = '<!channel> <https://evil.example|bank> @everyone [a](https://evil.example) **b** &lt;\u202e\n# c'

const message: AlertMessage = {
  more: 1,
  notice: {
    id: '0190-1',
    type: 'fraud.suspended',
    at: 1_700_000_000_000,
    urgency: 'critical',
    group: 'g',
    title: `Extension 101 ${HOSTILE}`,
    happened: HOSTILE,
    who: HOSTILE,
    cost: '1.50 EUR',
    prevented: undefined,
    done: 'Suspended.',
    advice: undefined,
    undo: { url: 'https://pbx.example/undo?a=1&b=2', until: 1_700_000_100_000 },
    details: { rule: 'FRAUD_BURST', [HOSTILE]: HOSTILE },
  },
}

interface SlackText {
  readonly type: string
  readonly text: string
}
interface Slack {
  readonly text: string
  readonly blocks: readonly { readonly type: string; readonly text: SlackText }[]
}

test('Slack: words of strangers are plain text in blocks, and without effect in the text for others', () => {
  const { text, blocks } = slackPayload(message) as Slack
  assert.doesNotMatch(text, /<(?!https:\/\/pbx\.example)|@|\u202e|https:\/\/evil|&(?!amp;|lt;|gt;)/)
  assert.match(text, /&lt;!channel&gt; .*\(at\)everyone/)
  assert.match(text, /Take it back, once, until 2023-11-14 22:15:00 UTC: https:\/\/pbx\.example\/undo\?a=1&amp;b=2$/)
  assert.deepEqual(
    blocks.map(each => [each.type, each.text.type]),
    [
      ['header', 'plain_text'],
      ['section', 'plain_text'],
      ['section', 'mrkdwn'],
    ],
  )
  const [header, section, link] = blocks.map(each => each.text.text)
  assert.ok(header!.length <= 150 && section!.length <= 3_000)
  assert.doesNotMatch(header! + section!, /https:\/\/|\u202e/)
  assert.equal(
    link,
    'Was it in order? Take it back, once, until 2023-11-14 22:15:00 UTC: <https://pbx.example/undo?a=1&amp;b=2>',
  )
})

test('Slack: what is very long is cut to what it takes', () => {
  const details = Object.fromEntries(Array.from({ length: 60 }, (_, each) => [`d${each}`, 'x'.repeat(5_000)]))
  const long = { ...message, notice: { ...message.notice, title: 'y'.repeat(999), details } }
  const { blocks } = slackPayload(long) as Slack
  assert.deepEqual([blocks[0]!.text.text.length, blocks[1]!.text.text.length], [150, 3_000])
})

test('Teams: a card in which strangers write text runs only, which read no Markdown', () => {
  const text = JSON.stringify(teamsPayload(message))
  const { type, attachments } = JSON.parse(text) as {
    type: string
    attachments: {
      contentType: string
      content: { type: string; version: string; body: object[]; actions: object[] }
    }[]
  }
  assert.deepEqual([type, attachments.length], ['message', 1])
  const { contentType, content } = attachments[0]!
  assert.equal(contentType, 'application/vnd.microsoft.card.adaptive')
  assert.deepEqual([content.type, content.version], ['AdaptiveCard', '1.4'])
  for (const block of content.body as { type: string; inlines: { type: string; text: string }[] }[]) {
    assert.equal(block.type, 'RichTextBlock')
    for (const inline of block.inlines) {
      assert.equal(inline.type, 'TextRun')
      assert.doesNotMatch(inline.text, /https:\/\/|[\n\u202e]/)
    }
  }
  assert.deepEqual(content.actions, [
    {
      type: 'Action.OpenUrl',
      title: 'Was it in order? Take it back, once, until 2023-11-14 22:15:00 UTC',
      url: 'https://pbx.example/undo?a=1&b=2',
    },
  ])
  assert.doesNotMatch(text, /"entities"|<at>/)
})

test('without a link there is none to press', () => {
  const plain = { ...message, notice: { ...message.notice, undo: undefined } }
  assert.equal((slackPayload(plain) as Slack).blocks.length, 2)
  assert.match(JSON.stringify(teamsPayload(plain)), /"actions":\[\]/)
})

let authority: TestAuthority
let server: Server
const received: { readonly url: string | undefined; readonly type: string | undefined; readonly body: string }[] = []

before(async () => {
  authority = await createTestAuthority()
  const identity = await authority.issue(['127.0.0.1'])
  server = createServer({ cert: identity.certificateChainPem, key: identity.privateKeyPem }, (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      received.push({ url: request.url, type: request.headers['content-type'], body })
      response.writeHead(request.url === '/gone' ? 404 : 200).end('ok')
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
})
after(() => {
  server.closeAllConnections()
  server.close()
})

function channel(kind: ChatKind, path: string, caPem = authority.certificatePem) {
  const { port } = server.address() as AddressInfo
  return createChatChannel({ kind, url: new Secret(`https://127.0.0.1:${port}${path}`), isPublicAddress, caPem })
}

for (const kind of ['slack', 'teams'] as const) {
  test(`${kind}: arrives by HTTPS, and the secret address stands nowhere`, async () => {
    const chat = channel(kind, '/services/T0/B0/secret')
    assert.deepEqual(await chat.send(message), { ok: true, value: undefined })
    const { url, type, body } = received.at(-1)!
    assert.deepEqual([url, type], ['/services/T0/B0/secret', 'application/json'])
    assert.deepEqual(
      JSON.parse(body),
      JSON.parse(JSON.stringify({ slack: slackPayload, teams: teamsPayload }[kind](message))),
    )
    assert.match(chat.name, new RegExp(`^${kind} 127\\.0\\.0\\.1:\\d+$`))
    const refused = await channel(kind, '/gone').send(message)
    assert.deepEqual(refused, { ok: false, error: { temporary: true, detail: 'answered 404' } })
    const stranger = await createTestAuthority()
    const before = received.length
    assert.equal((await channel(kind, '/services', stranger.certificatePem).send(message)).ok, false)
    assert.equal(received.length, before)
  })
}
