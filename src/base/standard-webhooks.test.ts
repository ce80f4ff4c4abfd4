import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBytes } from './random.ts'
import { parseWebhookSecret, signWebhook } from './standard-webhooks.ts'

test('the signature is that of the example in the specification', () => {
  const secret = parseWebhookSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  assert.ok(secret.ok)
  const body = '{"test": 2432232314}'
  assert.deepEqual(signWebhook('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, body, secret.value), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret is 24 to 64 octets as base64, and is not printed', () => {
  for (const octets of [24, 32, 64]) {
    const text = randomBytes(octets).toString('base64')
    for (const written of [`whsec_${text}`, text, `  whsec_${text}\n`]) {
      const secret = parseWebhookSecret(written)
      assert.ok(secret.ok, `${octets} octets`)
      assert.equal(String(secret.value), '[redacted]')
    }
  }
  const wrong = [
    '',
    'whsec_',
    `whsec_${randomBytes(23).toString('base64')}`,
    `whsec_${randomBytes(65).toString('base64')}`,
    'a password of many letters, and more',
    `whsec_${randomBytes(32).toString('hex')}!`,
  ]
  for (const text of wrong) assert.ok(!parseWebhookSecret(text).ok, text)
})
