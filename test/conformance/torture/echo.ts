/** What a response has to repeat of its request (RFC 3261 §8.2.6.2, §18.2.1), read without our own parser. */
import assert from 'node:assert/strict'

const COMPACT: Readonly<Record<string, string>> = { i: 'call-id', f: 'from', t: 'to', v: 'via', l: 'content-length' }

/** Values of a header field in order; folds undone, white space made one. A Via with several values counts as several. */
export function headerValues(message: string, name: string): readonly string[] {
  const head = message.slice(0, message.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  const values: string[] = []
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const field = line.slice(0, colon).trim().toLowerCase()
    if ((COMPACT[field] ?? field) === name) values.push(line.slice(colon + 1))
  }
  const list = name === 'via' ? values.flatMap(value => value.split(/,(?=\s*SIP)/)) : values
  return list.map(value => value.replaceAll(/\s+/g, ' ').trim())
}

/** White space is free around separators, so that only what lies between them is compared. */
function bare(value: string | undefined): string {
  return (value ?? '').replaceAll(' ', '')
}

export function assertEchoes(request: string, response: string): void {
  for (const name of ['call-id', 'cseq', 'from']) {
    assert.equal(bare(headerValues(response, name)[0]), bare(headerValues(request, name)[0]), name)
  }
  const to = bare(headerValues(request, 'to')[0])
  const answered = bare(headerValues(response, 'to')[0])
  assert.ok(answered.startsWith(to), `To: ${answered} for ${to}`)
  assert.match(answered.slice(to.length), /^(;tag=[\w.~-]+)?$/)
  const [vias, repeated] = [headerValues(request, 'via'), headerValues(response, 'via')]
  assert.equal(repeated.length, vias.length, 'as many Via values as the request has')
  assert.deepEqual(repeated.slice(1).map(bare), vias.slice(1).map(bare))
  const top = bare(repeated[0])
  // `received` is the server's word (§18.2.1): what the client wrote there is not repeated.
  const sent = bare(vias[0]).replace(/;received=[^;]+/, '')
  const stamped = top.replace(/;received=[\d.]+$/, '').replace(/;rport=\d+/, ';rport')
  assert.equal(stamped, sent, 'topmost Via, with no more than received and rport')
}

/** The ACK of a refused INVITE (§17.1.1.3): with the topmost Via as it was sent. */
export function acknowledge(request: string, response: string): string {
  const uri = request.split('\r\n')[0]!.split(' ')[1]!
  const field = (name: string, from: string): string => headerValues(from, name)[0]!
  return (
    `ACK ${uri} SIP/2.0\r\nVia: ${field('via', request)}\r\nMax-Forwards: 70\r\nFrom: ${field('from', request)}\r\n` +
    `To: ${field('to', response)}\r\nCall-ID: ${field('call-id', request)}\r\n` +
    `CSeq: ${field('cseq', request).split(' ')[0]} ACK\r\nContent-Length: 0\r\n\r\n`
  )
}
