/** Gives the commands their outside: the server in this process, or the operations of one that runs. */
import { createControlClient } from '../api/control-client.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { readPassword } from '../cli/password-input.ts'
import type { CommandPorts, OpenedOperations, Output, ServeOptions } from '../cli/ports.ts'
import { readEnvironment } from '../config/environment.ts'
import { loadConfiguration } from '../config/load.ts'
import type { ConfigurationOverrides } from '../config/overrides.ts'
import type { Configuration } from '../config/schema.ts'
import { loadTlsIdentity } from '../keys/server-certificate.ts'
import { reachableAddress, uriHost } from './addresses.ts'
import { openCore } from './core.ts'
import { storedDetections } from './detection-parts.ts'
import { createLogger } from './logging.ts'
import { createOperations } from './operations.ts'
import { tlsIdentityOptions } from './tls.ts'

export interface ProcessParts {
  readonly version: string
  readonly stdout: Output & { readonly isTTY?: boolean }
  readonly stderr: Output & { readonly isTTY?: boolean }
  onSignal(handler: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}

export function createCommandPorts(parts: ProcessParts): CommandPorts {
  const environment = readEnvironment()
  return {
    version: parts.version,
    nodeVersion: process.version,
    clock: systemClock,
    dataDirectoryDefault: environment.dataDirectory,
    stdout: parts.stdout,
    stderr: parts.stderr,
    stdoutIsTty: parts.stdout.isTTY === true,
    stderrIsTty: parts.stderr.isTTY === true,
    noColor: environment.noColor,
    async serve(options) {
      const { startServer } = await import('./server.ts')
      return startServer({
        configuration: configurationOf(overridesOf(options), options.config),
        clock: systemClock,
        logger: createLogger('warn'),
        version: parts.version,
      })
    },
    openOperations,
    readDeck: async file => (await import('./deck-file.ts')).readDeckFile(file),
    testDetections: async files => (await import('./detection-test.ts')).testDetectionFiles(files),
    async replay(files) {
      const { replayFiles } = await import('./replay-files.ts')
      const write = async (text: string): Promise<void> => {
        parts.stdout.write(text)
        await parts.stdout.drained?.()
      }
      return replayFiles(files, write, (rule, error) =>
        parts.stderr.write(`ringfence: the rule ${rule} failed: ${String(error)}\n`),
      )
    },
    readPassword: prompt => readPassword(prompt, process.stdin, parts.stderr),
    processLives,
    onSignal: parts.onSignal,
  }
}

function overridesOf(options: ServeOptions): ConfigurationOverrides {
  const { config: _config, ...overrides } = options
  return overrides
}

/** Throws the ConfigurationError: one line that names the key, what is wrong, and an example. */
function configurationOf(overrides: ConfigurationOverrides, file?: string): Configuration {
  const loaded = loadConfiguration({ file, overrides })
  if (loaded.ok) return loaded.value
  throw Object.assign(new Error(loaded.error.message), loaded.error)
}

function processLives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function openOperations(dataDirectory: string): Promise<OpenedOperations> {
  const client = await createControlClient(dataDirectory)
  if (client !== undefined) return { operations: client, live: true, close: async () => undefined }
  const configuration = configurationOf({ data: dataDirectory })
  const core = await openCore({ configuration, clock: systemClock, logger: silentLogger })
  try {
    const identity = await loadTlsIdentity(tlsIdentityOptions(core))
    const host = uriHost(reachableAddress(configuration))
    const operations = createOperations({
      directory: core.directory,
      calls: core.store.calls,
      log: core.store.events,
      archive: core.store.events,
      search: core.store.events,
      bus: core.bus,
      clock: systemClock,
      actor: { kind: 'operator', name: 'command line' },
      outboundProxy: `sip:${host}:${configuration.sipTlsPort};transport=tls`,
      ca: identity.caPath,
      live: undefined,
      fraud: core.fraud,
      exports: { repository: core.store.exports, service: undefined },
      detections: storedDetections(configuration),
      searches: { repository: core.store.searches },
      traces: { messages: callId => core.store.traces.find(callId) },
    })
    return { operations, live: false, close: () => core.close() }
  } catch (error) {
    await core.close()
    throw error
  }
}
