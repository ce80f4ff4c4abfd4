/** What every media engine must do. Its own test calls this with a way to make one. */
import { describe } from 'node:test'
import type { EngineFactory } from './harness.ts'
import { lifecycleCases } from './lifecycle-cases.ts'
import { mediaCases } from './media-cases.ts'
import { negotiationCases } from './negotiation-cases.ts'
import { plainCases } from './plain-cases.ts'

export type { EngineFactory, EngineOptions } from './harness.ts'

export function mediaEngineContract(name: string, create: EngineFactory): void {
  describe(`${name}: negotiation`, () => negotiationCases(create))
  describe(`${name}: media`, () => mediaCases(create))
  describe(`${name}: plain RTP on a named side`, () => plainCases(create))
  describe(`${name}: life cycle`, () => lifecycleCases(create))
}
