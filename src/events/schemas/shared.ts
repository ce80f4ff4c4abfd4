/** Shapes that payloads of several events share. */
import { z } from 'zod'

export const string = z.string()
export const number = z.number()
export const boolean = z.boolean()

export const eventLeg = z.strictObject({
  number: string,
  username: string.optional(),
  signalling: string,
  tls: string.optional(),
  media: string.optional(),
  codec: string.optional(),
})

export const eventQuality = z.strictObject({
  packets: number,
  lost: number,
  jitterMs: number,
  roundTripMs: number.optional(),
  mos: number.optional(),
})

export const actor = z.strictObject({
  kind: z.enum(['operator', 'person', 'api-key', 'system']),
  name: string,
  id: string.exactOptional(),
  address: string.exactOptional(),
  session: string.exactOptional(),
})

export const fieldChange = z.strictObject({ field: string, before: string, after: string })

export const source = z.strictObject({ address: string, port: number, protocol: string, tls: string.optional() })
