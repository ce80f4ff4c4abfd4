/** A text to every phone of an extension (RFC 3428): shown on its screen. */
import { randomToken } from '../base/random.ts'
import type { Extension, Organisation } from '../directory/types.ts'
import { buildRequest } from '../sip/message/build.ts'
import { withoutUriHeaders } from '../sip/message/uri.ts'
import type { CallContext } from './context.ts'
import { destinationsOf } from './destinations.ts'
import { newTag } from './leg.ts'
import { numberUri } from './party.ts'

const NOBODY = { onProvisional() {}, onFinal() {}, onTimeout() {}, onTransportError() {} }

export async function sendText(
  context: CallContext,
  organisation: Organisation,
  extension: Extension,
  text: string,
): Promise<void> {
  for (const { uri, routes, flow } of destinationsOf(context, extension, undefined)) {
    const request = buildRequest({
      method: 'MESSAGE',
      uri: withoutUriHeaders(uri),
      headers: [
        ...routes.map(value => ['Route', value] as const),
        ['Max-Forwards', '70'],
        ['From', `"Ringfence" <${numberUri('alarm', organisation)}>;tag=${newTag()}`],
        ['To', `<${numberUri(extension.number, organisation)}>`],
        ['Call-ID', randomToken(18)],
        ['CSeq', '1 MESSAGE'],
        ['Priority', 'emergency'],
      ],
      body: text,
      contentType: 'text/plain;charset=utf-8',
    })
    context.transactions.send(request, flow, NOBODY)
  }
}
