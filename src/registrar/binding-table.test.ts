import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceId } from '../base/ids.ts'
import { BindingTable } from './binding-table.ts'
import type { Binding } from './types.ts'

function binding(number: number): Binding {
  return { deviceId: `d${number % 5}` as DeviceId, flowId: `f${number}`, sourceAddress: '198.51.100.7' } as Binding
}

test('phones that come and go leave nothing behind until they would have expired', () => {
  const table = new BindingTable(100, 0)
  const stays = table.add(binding(0), 3_600_000, 0)
  for (let i = 1; i <= 1_000; i++) table.remove(table.add(binding(i), 3_600_000, i), i)
  assert.equal(table.count, 1)
  assert.equal(table.expectedCount, 1)
  table.remove(stays, 2_000)
  assert.equal(table.expectedCount, 0)
})

test('a deadline that moves forward or back is expected once, and kept', () => {
  const table = new BindingTable(100, 0)
  const entry = table.add(binding(0), 600_000, 0)
  table.replace(entry, binding(0), 60_000, 1_000)
  assert.equal(table.expectedCount, 1)
  table.replace(entry, binding(0), 120_000, 2_000)
  assert.equal(table.expectedCount, 1)
  assert.deepEqual(table.sweep(61_000), [])
  assert.equal(table.expectedCount, 1)
  assert.deepEqual(table.sweep(121_000), [entry])
  assert.equal(table.count, 0)
  assert.equal(table.expectedCount, 0)
})
