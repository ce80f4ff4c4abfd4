import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DraftState, follow, isOvertaken } from './draft.ts'

interface Hours {
  readonly from: string
}
const began: DraftState<Hours> = { base: { from: '09:00' }, tag: '"1"', draft: { from: '09:00' } }
const typed: DraftState<Hours> = { ...began, draft: { from: '08:00' } }

test('who typed nothing sees what is there now', () => {
  assert.deepEqual(follow(began, { from: '10:00' }, '"2"'), {
    base: { from: '10:00' },
    tag: '"2"',
    draft: { from: '10:00' },
  })
})

test('what was typed stays, and another part of the answer is no conflict', () => {
  const next = follow(typed, { from: '09:00' }, '"2"')
  assert.deepEqual(next, { ...typed, tag: '"2"' })
  assert.equal(isOvertaken(next, { from: '09:00' }), false)
})

test('a change of the same by somebody else is a conflict, whose tag stays the old one', () => {
  const next = follow(typed, { from: '10:00' }, '"2"')
  assert.deepEqual(next, typed)
  assert.equal(isOvertaken(next, { from: '10:00' }), true)
})

test('what was saved is what there is: no conflict with oneself', () => {
  const next = follow(typed, { from: '08:00' }, '"2"')
  assert.deepEqual(next, { base: { from: '08:00' }, tag: '"2"', draft: { from: '08:00' } })
  assert.equal(isOvertaken(next, { from: '08:00' }), false)
})

test('nothing new is the same state, so that a page is not drawn without end', () => {
  assert.equal(follow(began, { from: '09:00' }, '"1"'), began)
  assert.equal(follow(typed, { from: '09:00' }, '"1"'), typed)
  assert.equal(follow(typed, { from: '10:00' }, '"2"'), typed)
})
