/** Two exports of the log by HTTP, the same ones each time. */
import { Secret } from '../../src/base/secret.ts'
import type { ExportRepository } from '../../src/export/repository.ts'
import type { ExportSettings } from '../../src/export/types.ts'

export const EXPORTS = ['one', 'other'] as const

export async function addExports(repository: ExportRepository, port: number): Promise<void> {
  for (const [index, name] of EXPORTS.entries()) {
    const settings: ExportSettings = {
      kind: 'webhook',
      to: `http://127.0.0.1:${port}/${name}`,
      form: 'json',
      filter: '',
      masks: [],
      caPem: undefined,
      certificatePem: undefined,
      serverName: undefined,
      allowInsecurePlaintext: true,
      index: undefined,
      fileSize: 1_000_000,
      fileCount: 1,
    }
    const secrets = {
      key: undefined,
      token: new Secret(Buffer.alloc(32, 7).toString('base64')),
      pseudonyms: new Secret('x'),
    }
    const id = `00000000-0000-7000-8000-00000000000${index}`
    const destination = { id, name, organisationId: undefined, settings, secrets, createdAt: 0 }
    const none = {
      delivered: 0,
      refused: 0,
      lost: 0,
      lastSuccessAt: undefined,
      lastError: undefined,
      lastErrorAt: undefined,
    }
    await repository.insert({ destination, progress: { position: 0, ...none } })
  }
}
