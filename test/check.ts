/** `npm run check`: every rung of the ladder in order, one line each, and at the end one line with the sums. */
import { missingPeers, prepareMachine } from './check/machine.ts'
import { RUNGS } from './check/rungs.ts'
import { runRung } from './check/run-rung.ts'

const USAGE = `npm run check            run every check and test
npm test                 the same, after installing the foreign programs that the tests need
npm run check -- RUNG …  only these: ${RUNGS.map(rung => rung.name).join(', ')}
`

async function main(words: readonly string[]): Promise<number> {
  const names = words.filter(word => !word.startsWith('--'))
  const unknown = names.filter(name => RUNGS.every(rung => rung.name !== name))
  if (unknown.length > 0 || words.includes('--help')) {
    process.stdout.write(USAGE)
    return unknown.length > 0 ? 2 : 0
  }
  const inContinuousIntegration = process.env['CI'] === 'true'
  const started = performance.now()
  prepareMachine({ install: words.includes('--install-peers') })
  const missing = missingPeers()
  const sums = { passed: 0, failed: 0, skipped: 0 }
  for (const rung of RUNGS.filter(each => names.length === 0 || names.includes(each.name))) {
    const outcome = await runRung(rung)
    sums.passed += outcome.passed
    sums.skipped += outcome.skipped
    // Nothing may be left out in silence where nobody looks.
    const leftOut = inContinuousIntegration && rung.peers ? outcome.skipped : 0
    sums.failed += outcome.failed + leftOut
    if (leftOut > 0) process.stdout.write(`     ${leftOut} tests with foreign programs were skipped: a failure here\n`)
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  process.stdout.write(`\nran in ${seconds} s on Node.js ${process.version}\n`)
  if (missing.length > 0) {
    process.stdout.write(
      `left out for want of foreign programs: ${missing.join(', ')}; npm test installs them on Debian\n`,
    )
    if (inContinuousIntegration) sums.failed += missing.length
  }
  process.stdout.write(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped\n`)
  return sums.failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
