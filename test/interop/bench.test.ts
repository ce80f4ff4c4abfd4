/** Every command of the benchmark runs through, with tiny counts: ours and the peer both do all the work. The figures mean nothing. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { requirePeers } from '../support/peers.ts'
import { repositoryRoot } from '../support/places.ts'
import { runProcess } from '../support/processes.ts'

/** Per command, a line of its table that both servers have to have filled. */
const COMMANDS = {
  register: /REGISTER over one TLS connection, 20\/s +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 1\.0 +\| 0 /,
  tls: /handshake and REGISTER, 20\/s +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 0\.9 +\| 0 /,
  calls: /call with SRTP anchored, 20\/s +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 0\.5 +\| 0 /,
  media: /100\/s \(1 calls\) +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 0\.8 +\|/,
  latency: /20\/s +\| kamailio +\|( [\d.-]+ +\|){4} 0 /,
  memory: /\| kamailio +\| 50 /,
  routing: /a dialled number to its route +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 20 /,
  admission: /charged in advance: any extension +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){2} [\d.]+ +\| 1 +\|/,
  api: /any page of one type in 5000 +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 200 +\|.*\| 0 +\|/,
  'source-table': /look-up: IPv6, not banned +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} [\d.]+ +\| 5 /,
  'scan-replay': /messages of them refused by a ban +\| \*\*0\*\* /,
  blocklist: /look-up: IPv6, not listed +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 1000 /,
  'firewall-checks': /an honest REGISTER, which passes +\| \d+ +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){2} 15 /,
  flood: /junk of a stranger, 500\/s +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3} 0\.5 +\| 0 /,
  export: /and a dead one +\|( [\d.]+ +\|)( [\d.]+ \/ [\d.]+ \/ [\d.]+ +\|){3}/,
  'export-calls':
    /and a dead one +\|( [\d.]+ \/ \*\*[\d.]+\*\* \/ [\d.]+ +\|){3}( [\d.]+ \/ [\d.]+ \/ [\d.]+ +\|){2} 0 /,
  console: /log, from nothing +\| first paint [\d.]+ \//,
  log: /`type:call\.\*` +\| [\d.]+ +\| [\d.]+ +\| 50 events/,
  avalanche: /50 in 2 s +\| kamailio +\| 50 +\| 0 /,
  growth: /5 calls up: a call with SRTP +\|( [\d.]+ +\|){2}/,
}

const LIMIT_MS = 150_000

for (const [name, line] of Object.entries(COMMANDS)) {
  test(`bench:${name}`, { timeout: LIMIT_MS }, async context => {
    if (!requirePeers(context, 'kamailio', 'rtpengine', 'chromium')) return
    const command = [join(repositoryRoot, 'bench', `${name}.ts`), '--smoke']
    const { code, output } = await runProcess(process.execPath, command, { timeoutMs: LIMIT_MS })
    assert.equal(code, 0, output.slice(-3000))
    assert.match(output, line)
  })
}
