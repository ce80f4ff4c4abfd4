/** Destinations and how far each of them is, kept over restarts. */
import type { ExportDestination } from './types.ts'

export interface ExportProgress {
  /** The destination has everything up to here. */
  readonly position: number
  readonly delivered: number
  readonly refused: number
  readonly lost: number
  readonly lastSuccessAt: number | undefined
  readonly lastError: string | undefined
  readonly lastErrorAt: number | undefined
}

export interface StoredExport {
  readonly destination: ExportDestination
  readonly progress: ExportProgress
}

export interface ExportRepository {
  /** In order of their names. */
  list(): Promise<readonly StoredExport[]>
  /** False: the name is taken. */
  insert(stored: StoredExport): Promise<boolean>
  delete(id: string): Promise<void>
  /** For so many milliseconds nobody else sends it. Its place; undefined: somebody else sends it now, or it is gone. */
  claim(id: string, forMs: number): Promise<number | undefined>
  /** Another process may take over at once. */
  release(id: string): Promise<void>
  saveProgress(id: string, progress: ExportProgress): Promise<void>
}
