/** docs/topology.md is written here, from the lists that the code follows. */
import { test } from 'node:test'
import { CROSSING_BODIES, CROSSING_HEADERS, TOLD_ANEW } from '../../src/call/passing/may-cross.ts'
import { CROSSING_ATTRIBUTES, CROSSING_BANDWIDTHS } from '../../src/media/relay/local-description.ts'
import { checkGenerated } from './generated.ts'

const code = (values: Iterable<string>): string => [...values].map(value => `\`${value}\``).join(', ')

function topologyText(): string {
  const headers = CROSSING_HEADERS.map(({ name, where, how, why }) => `| \`${name}\` | ${where} | ${how} | ${why} |`)
  const told = TOLD_ANEW.map(([what, where, how]) => `| ${what} | ${where} | ${how} |`)
  const bodies = Object.entries(CROSSING_BODIES).map(([type, how]) => `| \`${type}\` | ${how} |`)
  return `# What crosses from one side of a call to the other

Written by \`test/documentation/topology.test.ts\` from \`src/call/passing/may-cross.ts\` and \`src/media/relay/local-description.ts\`.

Ringfence stands in the middle of every call: each side has a dialog with it, with a Call-ID, tags, Via, Contact and media of its own
(RFC 7092, RFC 5853). Messages are written anew, never forwarded, so what is not on these lists stays behind: addresses, user names, names of
devices, unknown headers, vendors' headers, bodies, session attributes, words of refusals. What crosses is read, bounded and written
again; nothing that a stranger writes begins a header or a line of a session description.

\`src/call/topology.test.ts\` plants markers in every header of every message of a call, and \`test/attack/topology.test.ts\` does so on the
running system; both search every octet that the other side gets. Call-IDs, tags and branches are random (144, 72 and 96 bits):
no host, no clock and no counter is in them.

## Headers

| header | where | how | why |
|---|---|---|---|
${headers.join('\n')}

## What the other side hears in our words

| what | where | how |
|---|---|---|
${told.join('\n')}

## Bodies

A session description, in INVITE, its answers, ACK, PRACK and UPDATE, and in INFO one of the following, at most 2,048 octets. All are read and
written anew; every other body is refused (415) or left behind. MESSAGE and NOTIFY of phones end here.

| INFO | what of it |
|---|---|
${bodies.join('\n')}

## Session descriptions

Ours have our address, our port, our keys, no user name, no session name, and of each stream these attributes, where the value has the form
that it must have: ${code(CROSSING_ATTRIBUTES.keys())};
\`rtcp-fb\` only where both sides have feedback. Bandwidths: ${code(CROSSING_BANDWIDTHS)}. A stream of an unknown kind is a line with
port 0 that says nothing of it.

## Media

RTP and RTCP are decrypted and encrypted again, with keys that are new on each side. RTP crosses without header extensions (RFC 8285).
Of RTCP the reports and the feedback cross (RFC 3550, RFC 4585, the blocks 1 to 7 of RFC 3611). A source is described by a pseudonym in place of its
CNAME (RFC 7022); names, addresses, tools, reasons, applications' packets and unknown kinds stay behind.

SSRCs, sequence numbers, timestamps and the sound itself cross as they are: whoever hears both sides can tell that they are one call.

## What strangers and trunks hear of us

Strangers: nothing, see \`test/attack/quiet.test.ts\`. No answer over UDP, a closed connection over TLS and WebSocket, no \`Server\`, no version, and a
certificate that names the domain and nothing else. A phone that asks to be challenged hears a challenge, the same for names that exist
and for those that do not, after the same time (\`test/attack/enumeration.test.ts\`). Trunks: our address, our domain where they gave us none, and
no name of a product.
`
}

test('docs/topology.md says what the code lets cross', () => checkGenerated('docs/topology.md', topologyText()))
