/** The words of docs/detections.md around what is written from the rules. */
import { MAXIMUM_TOLD } from '../../src/detection/live.ts'
import { QUIET_MS } from '../../src/detection/engine.ts'

export interface DetectionParts {
  readonly table: readonly string[]
  readonly fields: readonly string[]
  readonly rules: readonly string[]
  readonly telling: number
}

export function detectionsText({ table, fields, rules, telling }: DetectionParts): string {
  return `# Detections

Written by \`npm run documentation\` from the rules and the code; do not edit by hand.

${telling} rules look at the log while it is written. They are [Sigma](https://sigmahq.io) documents (specification 2.1): rules for single
events, and correlations that count them, count their values, or want them in an order. What a rule finds is an event
itself, \`detection.found\`: the rule, its level as severity, whom it is about, and the ids of the events that it rests on
(the newest 20; \`ringfence events query 'id:…'\` shows one). It goes where all events go: the log and its proof, exports (Detection Finding in OCSF,
\`event.kind: alert\` in ECS), the stream of the API, the figures at \`/metrics\` (\`ringfence_detections_total{rule,level}\`), and, where its level is high or
critical, people by mail and webhook (\`alerts\` in the configuration).

\`\`\`
ringfence detections list                     all rules, ours and yours
ringfence detections show ID                  what one finds, and when it is wrong
ringfence detections status | reload          what cannot be used and why; read the folder now
ringfence detections test my-rule.yml         try rules on their own streams of events, without a server
ringfence detections run --since 30d          what rules would have found in the past of the log
\`\`\`

- **A call waits for no rule.** Events are looked at after they were published, a few at a time. When more come than rules can be asked,
  20,000 wait; beyond them some are not looked at, and \`system.overloaded\` says how many. \`npm run bench:detections\` measures it.
- **Told once.** A correlation tells of a group once in its time span; a rule for single events once in ${QUIET_MS / 1_000} seconds for the same
  source, extension and actor. Of a rule that is not critical ${MAXIMUM_TOLD} findings are told in ten minutes, and the next one says how many were
  not (\`unsaid\`). Findings and alerts are looked at by no rule: nothing goes in circles.
- **Nobody is forgotten by a crash.** After a start the last hour of the log is counted again, and what was found in it and not told is told.
- **101 here is not 101 there.** Correlations by anything but an address or a client count each organisation for itself. What concerns one
  organisation alone is an event of that organisation.
- **Patterns run in linear time** (RE2), whatever a stranger writes into an event. What is remembered of a group has the size of what
  its rule asks for: noise pushes nothing out.

## The rules

| level | finds | rule |
|---|---|---|
${table.join('\n')}

## Your own rules

Put \`.yml\` files into \`detections\` in the data folder, or into \`detections.folder\` ([configuration.md](configuration.md)). They count within ten
seconds, without a restart; \`ringfence detections reload\` does it at once. A file that is wrong is said (\`ringfence detections status\`,
\`detection.rule-problem\`) with its line or the place in the rule, and what is expected; the others count.
\`detections.disabled\` names rules, ours too, that tell nobody; correlations that stand on them go on.

\`\`\`yaml
title: Somebody calls at night
id: 0f6d0a3e-5b1c-4d1e-8a51-6f2f0d1b7c11   # of your own: uuidgen
description: An extension of the warehouse makes a call to the outside.
logsource: { product: ringfence }
detection:
  warehouse:
    type: call.started
    extension|startswith: '7'
    data.to|re: '^(\\+|00)'
  cleaning:
    client|contains: cordless
  condition: warehouse and not cleaning
falsepositives:
  - Stocktaking.
level: medium
\`\`\`

A rule without \`level\` tells nobody by itself: correlations stand on it, by its \`name\` or \`id\`.

\`\`\`yaml
title: Three such calls in ten minutes
id: 7b0a4d0c-92a4-4c39-8d5b-0b6e3c2a9d44
correlation:
  type: event_count            # or value_count, temporal, temporal_ordered
  rules: [0f6d0a3e-5b1c-4d1e-8a51-6f2f0d1b7c11]
  group-by: [extension]
  timespan: 10m
  condition: { gte: 3 }        # value_count: { field: target, gte: 3 }
  generate: true               # the rule below has a level of its own
level: high
\`\`\`

| field | is |
|---|---|
${fields.join('\n')}
| \`data.NAME\` | what the event has beside: [events.md](events.md); \`data.changed.field\` looks into lists |

Modifiers: \`contains\`, \`startswith\`, \`endswith\`, \`re\` (and \`re|i\`), \`cidr\`, \`exists\`, \`gt\`, \`gte\`, \`lt\`, \`lte\`, \`all\`. Values look at no case; \`*\` and \`?\` are
wildcards, a backslash takes that from them. Conditions: \`and\`, \`or\`, \`not\`, brackets, \`1 of x*\`, \`all of them\`. What is not known here is refused, never
ignored. Bounds: 1,000 files of 65,536 characters, 1,000 rules, in a file 100 rules and patterns of 2,000 steps together, thresholds up to 10,000, spans up to 7 days.

### Streams: the test of a rule

\`NAME.streams.yaml\` beside \`NAME.yml\` says of each rule what it has to find and what it has to leave alone. All of ours have both.

\`\`\`yaml
rule: 7b0a4d0c-92a4-4c39-8d5b-0b6e3c2a9d44
attack:
  - { type: call.started, times: 3, after: 2m, data: { from: '701', to: '+4930123{n}' } }
benign:
  - { type: call.started, times: 3, after: 20m, data: { from: '701', to: '+4930123{n}' } }
\`\`\`

\`after\` is the time since the event before, \`{n}\` counts from 0, \`{n%3}\` in a circle. \`ringfence detections test my-rule.yml\` exits with 1 where a
rule does not do what its streams ask for, or has none. Over HTTP: \`POST /api/v1/detections/test\`, \`POST /api/v1/detections/run\` ([api.md](api.md)).

## In Splunk and Elastic

Each rule below stands there in the languages of both, as our converter (\`src/detection/convert\`) writes it. Tests run the packaged streams, and
random ones of their events, through our exports and through these queries, and compare with what is found here. They read the languages by
an interpreter of their own: neither product was asked. pySigma 1.5, asked by hand, converts our files to queries that find the same events; it has no words
for orders. What a language cannot say is left out: then there is no form.

**Splunk**: events of \`--kind splunk\`. Fields come out of the JSON by themselves with \`KV_MODE = json\` for \`[ringfence:event]\` in \`props.conf\`. Searches over
several events slide over the time, as ours do. Give them at least the span of the rule as their time range.

**Elastic**: documents of \`--kind elastic\`. The own data of an event is text there; this pipeline and mapping make fields of it:

\`\`\`json
PUT _ingest/pipeline/logs@custom
{ "processors": [ { "json": { "if": "ctx.ringfence?.data != null", "field": "ringfence.data", "target_field": "ringfence.event", "ignore_failure": true } } ] }

PUT _component_template/logs@custom
{ "template": { "mappings": {
  "dynamic_templates": [ { "ringfence_numbers": { "path_match": "ringfence.event.*", "match_mapping_type": "long", "mapping": { "type": "double" } } } ],
  "properties": { "ringfence": { "properties": { "event": { "properties": { "evidence": { "type": "flattened" }, "group": { "type": "flattened" } } } } } }
} } }
\`\`\`

Lucene and ES|QL look at case, ours do not. ES|QL counts what lies in the span before now: let it run every minute. In EQL a count within an order is
so many events in a row. All of them see one organisation at a time only if you filter by \`organization.id\`, in Splunk \`organisationId\`.

${rules.join('\n')}`
}
