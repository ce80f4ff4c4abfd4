/** Every command line of the documents about the way to the outside is run, in order, against a real server. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createProgram } from '../../src/cli/program.ts'
import { createCommandPorts } from '../../src/composition/command-ports.ts'
import { repositoryRoot } from '../support/places.ts'
import { accepted, startRingfence } from '../support/ringfence.ts'

const PASSWORD = 'seven-horses-in-the-rain'
/** Nobody is at the documents' addresses: what examines them may say so. */
const EXAMINES = /^(trunk test|doctor)\b/

/** The words after `ringfence` of each line in the document's shell blocks. */
function commandLines(document: string): readonly (readonly string[])[] {
  const blocks = [...document.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap(block => block.split('\n'))
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => {
      const [program, ...words] = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([all, quoted]) => quoted ?? all)
      assert.equal(program, 'ringfence', line)
      return words
    })
}

for (const name of ['docs/trunks.md', 'docs/freepbx.md']) {
  test(`each command of ${name} does what it says`, { timeout: 240_000 }, async context => {
    const system = await startRingfence({ name: 'outside-documents' })
    context.after(() => system.stop())
    const operations = await system.operations()
    if (name === 'docs/trunks.md') accepted(await operations.extensionAdd({ number: '101', name: 'Front desk' }))
    const folder = system.data.path
    writeFileSync(join(folder, 'password'), `${PASSWORD}\n`)
    for (const file of ['provider-ca.pem', 'pbx-ca.pem']) writeFileSync(join(folder, file), system.caPem)
    const lines = commandLines(readFileSync(join(repositoryRoot, name), 'utf8'))
    assert.ok(lines.length > 10)
    let everything = ''
    for (const words of lines) {
      let out = ''
      let err = ''
      const ports = {
        ...createCommandPorts({
          version: '0',
          stdout: { write: text => (out += text) },
          stderr: { write: text => (err += text) },
          onSignal: () => () => undefined,
        }),
        readPassword: async () => PASSWORD,
      }
      const here = words.map(word => (word.startsWith('./') ? join(folder, word) : word))
      const exit = await createProgram(ports).run([...here, '--data', folder])
      const line = words.join(' ')
      context.diagnostic(`${line}: ${exit}`)
      assert.ok(exit === 0 || (exit === 1 && EXAMINES.test(line)), `${line}: ${exit}\n${out}${err}`)
      everything += out + err
    }
    assert.doesNotMatch(everything, new RegExp(PASSWORD))
    const log = accepted(await operations.events({ limit: 1_000 }))
    assert.doesNotMatch(JSON.stringify(log), new RegExp(PASSWORD))
  })
}
