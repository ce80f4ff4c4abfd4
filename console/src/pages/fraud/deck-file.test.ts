import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dearest, perMinute, readDeck } from './deck-file.ts'

test('a deck is read in parts, its dearest rates shown first', async () => {
  const lines = ['prefix,price_per_minute,name', '# a remark', '49,0.02,Germany', '53,1.5,"Cuba, mobile"', '1,0.01,US']
  const read = await readDeck(new Blob(lines.map(line => `${line}\r\n`)))
  assert.ok('rates' in read)
  assert.deepEqual(
    dearest(read.rates, 2).map(rate => [rate.prefix, rate.name, perMinute(rate)]),
    [
      ['53', 'Cuba, mobile', '1.50'],
      ['49', 'Germany', '0.02'],
    ],
  )
})

test('a fault names the line and the column; what is no text, and what is empty, is said', async () => {
  const fault = async (...parts: BlobPart[]): Promise<string> => {
    const read = await readDeck(new Blob(parts))
    return 'fault' in read ? read.fault : ''
  }
  assert.match(await fault('prefix,price_per_minute\n49,cheap\n'), /^Line 2, column price_per_minute: /)
  assert.match(await fault('prefix,price_per_minute\n49,1\n49,2\n'), /^Line 3, column prefix: 49 stands twice/)
  assert.match(await fault(Uint8Array.of(0x70, 0xff, 0x0a)), /not UTF-8/)
  assert.match(await fault(''), /^Line /)
  assert.match(await fault('a,b\n1,2\n'), /prefix/)
})
