import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventType, RingfenceEvent } from '../events/catalogue.ts'
import { EVENT_SEVERITY } from '../events/catalogue.ts'
import { eventFields } from '../events/query/event-fields.ts'
import { createDetectionEngine } from './engine.ts'
import { packagedRules } from './packaged-rules.ts'
import { readRules } from './read-rule.ts'
import type { SigmaRule } from './types.ts'

const START = Date.UTC(2026, 10, 23, 3)

type Step = readonly [type: EventType, data: Readonly<Record<string, unknown>>, afterMs?: number]

function run(rules: readonly SigmaRule[], steps: readonly Step[]): readonly string[] {
  const engine = createDetectionEngine(rules)
  assert.deepEqual(engine.faults, [])
  let at = START
  return steps.flatMap(([type, data, afterMs = 1_000], index) => {
    at += afterMs
    const event = { id: `e${index}`, type, at, severity: EVENT_SEVERITY[type], organisationId: undefined, data }
    const fields = eventFields(event as unknown as RingfenceEvent)
    return engine
      .observe({ id: event.id, at, fields })
      .map(each => `${each.rule.title}${each.group === '' ? '' : ` (${each.group})`}`)
  })
}

const { rules: PACKAGED, faults } = packagedRules()
const source = (address: string) => ({ address, port: 5060, protocol: 'UDP', tls: undefined })
const times = (count: number, step: (index: number) => Step): Step[] =>
  Array.from({ length: count }, (_, index) => step(index))
const wrong = (address: string, username = 'u1', afterMs = 1_000): Step => [
  'authentication.failed',
  { username, source: source(address), method: 'REGISTER', userAgent: 'x', reason: 'wrong' },
  afterMs,
]
const registered = (extension: string, address: string, refreshed = false): Step => [
  'registration.accepted',
  { extension, username: 'u1', source: source(address), refreshed },
]
const failedSignIn = (address: string, afterMs = 1_000): Step => [
  'people.sign-in-failed',
  { person: 'ada@example.com', address, method: 'password' },
  afterMs,
]
const ended = (from: string, mos: number, afterMs = 60_000): Step => [
  'call.ended',
  { from, to: '102', callerQuality: { mos }, calleeQuality: { mos: 4.4 } },
  afterMs,
]

/** Each packaged rule with a stream that it has to find, and one that it must not. */
const STREAMS: Readonly<Record<string, { readonly attack: readonly Step[]; readonly benign: readonly Step[] }>> = {
  'A source looks for extensions or gateways': {
    attack: [['firewall.decided', { target: 'address 198.51.100.7', rule: 'GUARD_DECOY' }]],
    benign: [
      ['firewall.decided', { target: 'address 198.51.100.7', rule: 'GUARD_ACCOUNT_GUESSING' }],
      ['message.dropped', { source: source('198.51.100.7'), rule: 'dropScanner' }],
    ],
  },
  'Many sources look for extensions at once': {
    attack: times(10, index => [
      'firewall.decided',
      { target: `address 198.51.100.${index}`, rule: 'GUARD_SLOW_SCAN' },
      20_000,
    ]),
    benign: times(30, index => [
      'firewall.decided',
      { target: `address 198.51.100.${index % 3}`, rule: 'GUARD_SLOW_SCAN' },
      20_000,
    ]),
  },
  'Somebody guesses passwords of phone accounts': {
    attack: times(10, () => wrong('198.51.100.7')),
    benign: [
      ...times(9, () => wrong('198.51.100.7')),
      ...times(9, index => wrong(`192.0.2.${index}`)),
      wrong('198.51.100.7', 'u1', 301_000),
    ],
  },
  'One password is tried at many phone accounts': {
    attack: times(5, index => wrong('198.51.100.7', `u${index}`, 60_000)),
    benign: times(8, index => wrong('198.51.100.7', `u${index % 4}`, 60_000)),
  },
  'An extension was probably taken over': {
    attack: [registered('101', '198.51.100.7'), ['fraud.suspended', { payer: '101', rule: 'FRAUD_BURST' }, 60_000]],
    benign: [
      registered('101', '192.0.2.1', true),
      ['fraud.suspended', { payer: '101' }],
      registered('102', '192.0.2.1'),
      ['fraud.suspended', { payer: '102' }, 3_700_000],
    ],
  },
  'Wrong credentials, then a registration from the same source': {
    attack: [...times(5, () => wrong('198.51.100.7')), registered('101', '198.51.100.7')],
    benign: [
      ...times(4, () => wrong('198.51.100.7')),
      registered('101', '198.51.100.7'),
      ...times(5, () => wrong('192.0.2.9')),
      registered('101', '192.0.2.1'),
    ],
  },
  'Toll-fraud control suspended an extension or ended its calls': {
    attack: [['fraud.calls-ended', { payer: '101', rule: 'FRAUD_BURST' }]],
    benign: [
      ['fraud.found', { payer: '101', rule: 'FRAUD_BURST' }],
      ['fraud.charged', { payer: '101' }],
    ],
  },
  'A money cap has no room any more': {
    attack: [['fraud.cap-reached', { payer: '101', to: '+34900', refused: true }]],
    benign: [['fraud.charged', { payer: '101', to: '+34900' }]],
  },
  'An extension is forwarded to an outside number': {
    attack: [
      [
        'directory.extension-calling-changed',
        { extension: '101', changed: [{ field: 'forwardAlways', before: '-', after: 'external:+34900123456' }] },
      ],
    ],
    benign: [
      [
        'directory.extension-calling-changed',
        { extension: '101', changed: [{ field: 'forwardAlways', before: '-', after: 'extension:102' }] },
      ],
      [
        'directory.extension-calling-changed',
        { extension: '101', changed: [{ field: 'doNotDisturb', before: 'no', after: 'yes' }] },
      ],
    ],
  },
  'A person signed in from a network that is new for them': {
    attack: [
      [
        'people.signed-in',
        { actor: { kind: 'person', name: 'ada@example.com', address: '198.51.100.7' }, newNetwork: true },
      ],
    ],
    benign: [
      [
        'people.signed-in',
        {
          actor: { kind: 'person', name: 'ada@example.com', address: '192.0.2.7' },
          newNetwork: false,
          method: 'passkey',
        },
      ],
    ],
  },
  'Passwords or codes of people are guessed': {
    attack: times(10, () => failedSignIn('198.51.100.7')),
    benign: [...times(3, () => failedSignIn('192.0.2.7')), ...times(9, () => failedSignIn('198.51.100.7', 70_000))],
  },
  'A session was used from elsewhere than where it was made': {
    attack: [['people.session-refused', { person: 'ada@example.com', address: '198.51.100.7', reason: 'network' }]],
    benign: [['people.signed-out', { person: 'ada@example.com', why: 'idle' }]],
  },
  'An account of a person is recovered': {
    attack: [['people.signed-in', { person: 'ada@example.com', method: 'password+recovery-code', newNetwork: false }]],
    benign: [
      ['people.signed-in', { person: 'ada@example.com', method: 'password+totp', newNetwork: false }],
      ['people.invited', { person: 'b', role: 'user' }],
    ],
  },
  'Somebody became an owner or administrator': {
    attack: [
      ['people.changed', { person: 'b', changed: [{ field: 'role', before: 'auditor', after: 'administrator' }] }],
    ],
    benign: [
      [
        'people.changed',
        {
          person: 'b',
          changed: [
            { field: 'name', before: 'b', after: 'administrator Bob' },
            { field: 'role', before: 'user', after: 'helpdesk' },
          ],
        },
      ],
    ],
  },
  'A protection was switched off or weakened': {
    attack: [['directory.trunk-changed', { trunk: 'a', weakened: ['allowInsecureMedia'] }]],
    benign: [
      ['directory.trunk-changed', { trunk: 'a', weakened: [] }],
      ['fraud.policy-changed', { changed: [{ field: 'caps.call', before: '5.00', after: '6.00' }] }],
    ],
  },
  'A program got a key': {
    attack: [['people.api-key-added', { key: 'monitoring', scopes: ['status:read'] }]],
    benign: [['people.api-key-removed', { key: 'monitoring' }]],
  },
  'Calls of an extension sound bad': {
    attack: times(3, () => ended('101', 3.1)),
    benign: [...times(2, () => ended('101', 3.1)), ended('102', 2.9), ended('101', 4.4), ended('101', 3.2, 3_600_000)],
  },
  'A certificate ends soon, or was refused': {
    attack: [['certificate.expiring', { subject: 'x', daysLeft: 3 }]],
    benign: [['certificate.replaced', { subject: 'x' }]],
  },
  'Calls for help do not get through, or nothing leads outside': {
    attack: [['trunk.down', { trunk: 'a', problem: 'no answer' }]],
    benign: [
      ['trunk.up', { trunk: 'a' }],
      ['emergency.connected', { extension: '101' }],
    ],
  },
  'Caller ids of ours come from outside': {
    attack: [['caller-identity.spoofed', { claimed: '+4930', to: '101', reason: 'ours' }]],
    benign: [['caller-identity.verified', { outcome: 'passed' }]],
  },
}

test('every packaged rule can be read, has an id of its own, and says what it is about', () => {
  assert.deepEqual(faults, [])
  assert.equal(new Set(PACKAGED.map(each => each.id)).size, PACKAGED.length)
  for (const rule of PACKAGED) {
    assert.match(rule.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.ok(rule.description.length > 20, rule.title)
  }
})

test('every packaged rule that tells somebody finds its attack, and leaves the harmless stream alone', () => {
  const telling = PACKAGED.filter(each => each.kind === 'correlation' || !each.base).map(each => each.title)
  assert.deepEqual(telling.toSorted(), Object.keys(STREAMS).toSorted())
  for (const [title, { attack, benign }] of Object.entries(STREAMS)) {
    assert.ok(
      run(PACKAGED, attack).some(each => each.startsWith(title)),
      `${title}: the attack`,
    )
    assert.ok(!run(PACKAGED, benign).some(each => each.startsWith(title)), `${title}: the harmless stream`)
  }
})

test('a group is told of once within the time of its rule, and again after it', () => {
  const guesses = (afterMs: number) => [wrong('198.51.100.7', 'u1', afterMs), ...times(9, () => wrong('198.51.100.7'))]
  const title = 'Somebody guesses passwords of phone accounts (source 198.51.100.7)'
  const told = run(PACKAGED, [...guesses(0), ...guesses(0), ...guesses(400_000)])
  assert.equal(told.filter(each => each === title).length, 2)
})

test('modifiers, wildcards and conditions mean what Sigma says', () => {
  const rule = (detection: string) =>
    `title: t\nid: ${'a'.repeat(8)}-b\nlevel: low\nlogsource: {}\ndetection:\n${detection}`
  const finds = (detection: string, data: Readonly<Record<string, unknown>>): boolean => {
    const read = readRules(rule(detection), 'x.yml')
    assert.deepEqual(read.faults, [], detection)
    return run(read.rules, [['call.refused', data]]).length > 0
  }
  const data = { to: '+34900123456', sipCode: 403, reason: 'Too Many*Calls', rule: 'FRAUD_BURST' }
  const yes = [
    '  a: { data.reason: too many?calls }\n  condition: a',
    '  a: { data.reason: "too*" }\n  condition: a',
    '  a: { data.reason: "*many\\\\*calls" }\n  condition: a',
    '  a: { data.reason|contains|all: [too, calls] }\n  condition: a',
    '  a: { data.to|re: "^.3490+1" }\n  condition: a',
    '  a: { data.sipCode|gte: 403, data.sipCode|lt: 404 }\n  condition: a',
    '  a: [many*calls, nothing]\n  condition: a',
    '  a: [{ data.sipCode: 1 }, { data.sipCode: 403 }]\n  condition: a',
    '  a1: { data.sipCode: 1 }\n  a2: { data.sipCode: 403 }\n  condition: 1 of a*',
    '  a: { data.sipCode: 403 }\n  b: { data.rule: x }\n  condition: a and not (b or b)',
    '  a: { data.nothing: null }\n  condition: a',
    '  a: { data.nothing|exists: false, data.rule|exists: true }\n  condition: all of them',
    '  a: { target|startswith: "+34" }\n  condition: a',
  ]
  for (const detection of yes) assert.equal(finds(detection, data), true, detection)
  const no = [
    '  a: { data.reason: too many }\n  condition: a',
    '  a: { data.reason: "*many\\\\?calls" }\n  condition: a',
    '  a: { data.reason|contains|all: [too, few] }\n  condition: a',
    '  a1: { data.sipCode: 1 }\n  a2: { data.sipCode: 403 }\n  condition: all of a*',
    '  a: { data.sipCode|gt: 403 }\n  condition: a',
    '  a: { data.sipCode: 403, data.rule: x }\n  condition: a',
    '  a: { data.rule|exists: false }\n  condition: a',
  ]
  for (const detection of no) assert.equal(finds(detection, data), false, detection)
})

test('a rule that cannot be read says where, and the others count', () => {
  const faultOf = (text: string): string => {
    const [fault] = readRules(text, 'x.yml').faults
    return `${fault?.where}: ${fault?.message}`
  }
  const head = 'title: t\nid: a\nlogsource: {}\n'
  const cases: readonly (readonly [string, RegExp])[] = [
    ['title: [', /^line \d+: /],
    ['id: a', /^title: is missing/],
    [`${head}detection: { a: { user: x }, condition: a }`, /^detection\.a\.user: user is no field/],
    [`${head}detection: { a: { type|base64: x }, condition: a }`, /base64 is no modifier/],
    [`${head}detection: { a: { data.x|re: "(?=x)" }, condition: a }`, /no regular expression that is safe/],
    [`${head}detection: { a: { data.x|gt: many }, condition: a }`, /give a number/],
    [`${head}detection: { a: { source|cidr: here }, condition: a }`, /is no network/],
    [`${head}detection: { a: { type: x }, condition: b }`, /names b, and there is no such selection/],
    [`${head}detection: { a: { type: x }, condition: a and }`, /ends where/],
    [`${head}detection: { a: { type: x }, condition: (a }`, /lacks a \)/],
    [`${head}detection: { a: { type: x }, condition: a a }`, /goes on with/],
    [`${head}detection: { a: { type: x }, condition: a, timeframe: 5m }`, /write a correlation/],
    ['title: t\nid: a\nlogsource: { product: windows }\ndetection: { a: { type: x }, condition: a }', /is windows/],
    [`${head}correlation: { type: event_count, rules: [x], timespan: 5y, condition: { gte: 1 } }`, /is a span/],
    [`${head}correlation: { type: event_count, rules: [x], timespan: 5m }`, /condition/],
    [
      `${head}correlation: { type: event_count, rules: [x], timespan: 5m, group-by: [user], condition: { gte: 1 } }`,
      /user is no field/,
    ],
  ]
  for (const [text, expected] of cases) assert.match(faultOf(text), expected, text)
  const mixed = readRules(`${head}detection: { a: { type: x }, condition: a }\n---\nid: b`, 'x.yml')
  assert.deepEqual([mixed.rules.length, mixed.faults.length], [1, 1])
  const dangling = readRules(
    `${head}correlation: { type: event_count, rules: [x], timespan: 5m, condition: { gte: 1 } }`,
    'x.yml',
  )
  assert.match(createDetectionEngine(dangling.rules).faults[0]!.message, /names x, and there is no such rule/)
})

test('whatever is in a file is read or refused, and aliases do not multiply', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`
  assert.equal(readRules(bomb, 'x.yml').rules.length, 0)
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), text => {
      const { rules, faults: found } = readRules(
        `title: t\nid: a\nlogsource: {}\ndetection:\n  a: { type: ${JSON.stringify(text)} }\n  condition: ${JSON.stringify(text)}`,
        'x',
      )
      assert.equal(rules.length + found.length, 1)
    }),
  )
})
