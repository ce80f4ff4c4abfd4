/** The bound holds, the oldest goes first, and the cost of it does not grow with the size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedMap, BoundedQueue } from './bounded.ts'

test('a full map lets the least recently written or touched entry go', () => {
  const evicted: string[] = []
  const map = new BoundedMap<string, number>(3, key => evicted.push(key))
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index)
  map.touch('a')
  map.set('b', 9)
  map.set('d', 4)
  map.set('e', 5)
  assert.deepEqual(evicted, ['c', 'a'])
  assert.deepEqual(
    [...map.entries()],
    [
      ['b', 9],
      ['d', 4],
      ['e', 5],
    ],
  )
})

test('any order of operations behaves as a plain list would', () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ kind: fc.constant('touch' as const), key: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ kind: fc.constant('delete' as const), key: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ kind: fc.constant('clear' as const), key: fc.constant(0) }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(operation, { maxLength: 80 }), (capacity, operations) => {
      const map = new BoundedMap<number, number>(capacity)
      let model: number[] = []
      for (const { kind, key } of operations) {
        const present = model.includes(key)
        if (kind === 'clear') {
          map.clear()
          model = []
        } else if (kind === 'set') {
          map.set(key, key)
          model = [...model.filter(each => each !== key), key].slice(-capacity)
        } else if (kind === 'touch') {
          assert.equal(map.touch(key), present ? key : undefined)
          if (present) model = [...model.filter(each => each !== key), key]
        } else {
          assert.equal(map.delete(key), present)
          model = model.filter(each => each !== key)
        }
        assert.deepEqual([...map.values()], model)
      }
    }),
  )
})

test('a full queue takes nothing more, and keeps its order', () => {
  const queue = new BoundedQueue<number>(3)
  assert.deepEqual(
    [1, 2, 3, 4].map(item => queue.push(item)),
    [true, true, true, false],
  )
  assert.equal(queue.shift(), 1)
  assert.deepEqual(queue.take(5), [2, 3])
  assert.equal(queue.size, 0)
})
