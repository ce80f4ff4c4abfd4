/** The words of docs/fraud.md around its tables. */
import type { FraudPolicy } from '../../src/fraud/policy.ts'
import { formatMicros, type Micros } from '../../src/fraud/rating/money.ts'

export interface FraudTables {
  readonly rules: readonly string[]
  readonly attacks: readonly string[]
  readonly office: readonly string[]
  readonly policy: FraudPolicy
}

export function fraudText({ rules, attacks, office, policy }: FraudTables): string {
  const { caps, maximumCallSeconds } = policy
  const money = (amount: Micros): string => formatMicros(amount)
  return `# Toll fraud: what it can cost you at most, and who says so

Written by \`npm run documentation\` from the code and from replays; do not edit by hand.

Somebody steals the credentials of a phone, or takes over a mailbox, and dials numbers whose owners share the price with him. What it
costs is arithmetic: **calls at once x price of a minute x time until somebody stops it**. Twenty channels at 2.00 a minute cost 3.00 in
five seconds, 40.00 in a minute, 800.00 until the first call record is written after twenty minutes, and 144,000 over a weekend.

Ringfence answers with money first. Before a call to the outside begins, the price of its next increments is **reserved** from every
budget that covers it, durably and on all nodes at once; the call ends before the first increment that does not fit. So a cap is never
passed, with any number of calls, whatever the rules below think of them. **Calls for help are outside all of this: no cap, rule,
suspension or missing price stops one.**

## What is capped

| cap | a new system | command |
|---|---|---|
| one call | ${money(caps.call)} | \`ringfence budget set --call\` |
| an extension and day | ${money(caps.extensionDay)} | \`--extension-day\`, and \`--extension N\` for one alone |
| the organisation and day | ${money(caps.organisationDay)} | \`--organisation-day\` |
| the organisation and month | ${money(caps.organisationMonth)} | \`--organisation-month\` |
| special services and fraud-prone numbers, a day | ${money(caps.riskyDay)} | \`--risky-day\` |
| length of a call | ${maximumCallSeconds / 3_600} hours | \`--maximum-duration\` |

Days and months are those of the organisation's time zone. The currency is that of its country (EUR, GBP, CHF, else USD), or of the
deck that you import. Import your provider's prices (\`ringfence deck import FILE.csv\`; columns \`prefix,name,price_per_minute,connection_fee,minimum,increment,valid_from\`):
until then built-in estimates count, and what a call really costs may differ. A deck that was imported is the whole truth: a number
that it has no price for cannot be called. A leg is charged to the extension that caused it: who dialled, who forwarded, who transferred.

## Which behaviour is stopped

A rule says one of: \`alert\` (tell only), \`confirm\` (an administrator or the API says yes: \`ringfence fraud approvals\`, \`fraud approve ID\`),
\`block\` (this call), \`block-destination\` (this range, for everybody, for a time), \`end-calls\`, \`suspend\` (no calls outside on this
account until \`ringfence extension restore\`, and those that run end). Each decision says why, ends by itself, and is taken back with
\`ringfence fraud undo ID\`. \`ringfence fraud rule ID --mode dry-run\` tries a rule without acting.

| rule | what it is | thresholds |
|---|---|---|
${rules.join('\n')}

## What attacks cost

An invented office of fifty extensions; each attack begins on its third Wednesday, among honest calls, and goes to a range at 2.00 a
minute in a country that is open (the spray: to sixty open countries at the built-in prices). Costs as the provider bills them.
A confirmation counts as denied to an attacker. The last sum is of a range at 1.40 a minute, which \`FRAUD_DEAR_NUMBER\` leaves alone.

| attack | calls | without control | caps alone | default policy | default policy, at 1.40 a minute | stopped then by, most first |
|---|---|---|---|---|---|---|
${attacks.join('\n')}

## What it costs honest people

The same office, ninety honest days with seasons, holidays, journeys, home offices, customers abroad and a weekly conference abroad. A
call counts as disturbed when it is refused or cut, and when somebody has to say yes more than once for a new country that is called,
or called from.

| seed | calls | disturbed in the first week | disturbed later | spent |
|---|---|---|---|---|
${office.join('\n')}

## Try it on your own calls

\`\`\`
ringfence fraud replay calls.csv --organisation office.json --deck deck.csv --policy policy.json
\`\`\`

runs recorded calls through the same code that judges live ones, on the time at which they happened, and says what would have been
stopped, when and why, what that saves, and which honest calls would have been disturbed. It reads the columns
\`id,start,extension,source_ip,user_agent,destination,answered,duration_s,forwarded_by,transferred_by,caller_id,direction,label\` (any order, others ignored), the CSV of
Asterisk's call detail records and FreePBX' export. \`--json\` prints one line for each call and one for all. Change a threshold in the
policy, replay, compare; then switch it on with \`ringfence fraud rule\`. A suspended extension stays suspended to the end of a replay:
nobody is there to restore it. A million calls of an invented office of fifty take 42 s on two cores (2026-11-23, \`ringfence fraud replay\`).
\`office.json\` is

\`\`\`
{ "country": "DE", "timeZone": "Europe/Berlin", "hours": [{ "days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00" }],
  "holidays": ["2026-12-25"], "openCountries": ["AT", "GB"], "openClasses": [], "areaCode": "30",
  "extensions": ["100-199"], "numbers": ["+493055501"], "offNetForwarding": false }
\`\`\`

\`ringfence fraud simulate\` makes real calls of an attack against a test system.

## What it does not do

It learns little: thresholds are absolute, and the same for everybody until you change them; only known countries, numbers, places and
habits of spending are learned. The country of an address is known where the address is public. A thief who keeps to numbers that you
call, at times at which you call, for sums that you spend, is stopped by the caps alone. An answer of the provider that never reaches
us is not counted, and what a provider bills beyond its deck is not known here.
`
}
