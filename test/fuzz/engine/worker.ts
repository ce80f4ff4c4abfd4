/** A fuzzer in a thread of its own, so that one that hangs can be seen to hang, and with which input. */
import { parentPort, workerData } from 'node:worker_threads'
import { findTarget } from '../targets/index.ts'
import { loadCorpus } from './corpus.ts'
import { startCoverage } from './coverage.ts'
import { fuzz } from './fuzzer.ts'
import { type Orders, slotWriter } from './supervise.ts'

const { target: name, seed, milliseconds, minimise, slot } = workerData as Orders
const coverage = startCoverage()
const target = await findTarget(name)
coverage.watch(target.covers)
const onInput = slotWriter(slot)
parentPort?.postMessage(fuzz(target, { seed, milliseconds, minimise, coverage, corpus: loadCorpus(name), onInput }))
