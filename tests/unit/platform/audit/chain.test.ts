import { createHash } from 'node:crypto'
import { expect, test } from 'bun:test'
import { createAllowance } from '#platform/audit/allowance.ts'
import { extend, GENESIS, LINK_BYTES, readLinks } from '#platform/audit/chain.ts'
import { compareLinks } from '#platform/audit/compare.ts'
import { entryIdOf, placeOfEntry } from '#platform/audit/entry-id.ts'
import { formatHead, headText, hex, parseHead } from '#platform/audit/heads.ts'
import { headsIn } from '#platform/audit/kept-heads.ts'
import { isId } from '#lib/id.ts'
import { testKeys } from '../../../support/audit.ts'

const HEAD = { number: 17, total: 4_711, sealedAtMs: 1_795_481_281_995, hash: GENESIS }

test('a hash stands for every link up to it, and for their order', () => {
  const [a, b] = [link(1, 1), link(1, 2)]
  const whole = extend(GENESIS, Buffer.concat([a, b]))
  expect(hex(extend(extend(GENESIS, a), b))).toBe(hex(whole))
  expect(hex(extend(GENESIS, Buffer.concat([b, a])))).not.toBe(hex(whole))
  // As docs/audit.md says it is made, so that anybody can.
  const once = createHash('sha256')
    .update(Buffer.concat([GENESIS, a]))
    .digest()
  expect(
    createHash('sha256')
      .update(Buffer.concat([once, b]))
      .digest('hex'),
  ).toBe(hex(whole))
})

test('links are read as they were written', () => {
  expect(readLinks(Buffer.concat([link(5, 7, 123), link(2 ** 40, 8)]))).toMatchObject([
    { xid: 5n, seq: 7, atMs: 123 },
    { xid: 2n ** 40n, seq: 8, atMs: 0 },
  ])
})

test.each([
  ['nothing', [1, 2, 3], [1, 2, 3], undefined],
  ['the first of two losses', [1, 2, 3, 4], [1, 4], ['removed', 2]],
  ['a loss at the end', [1, 2], [1], ['removed', 2]],
  ['what came in at the beginning', [2, 3], [1, 2, 3], ['inserted', 1]],
  ['what came in at the end', [1], [1, 2], ['inserted', 2]],
] as const)('comparing finds %s', (...[, sealed, actual, expected]) => {
  const bytes = (seqs: readonly number[]) => Buffer.concat(seqs.map(seq => link(1, seq)))
  const prunedBeforeMs = Number.NEGATIVE_INFINITY
  const found = compareLinks({ sealed: bytes(sealed), actual: bytes(actual), prunedBeforeMs })
  expect(found && [found.kind, found.link.seq]).toEqual(expected && [...expected])
})

test('what is older than the pruned moment may be missing, and may still be there', () => {
  const sealed = Buffer.concat([link(1, 1, 10), link(1, 2, 10), link(1, 3, 99)])
  const without = { sealed, actual: link(1, 3, 99), prunedBeforeMs: 50 }
  expect(compareLinks(without)).toBeUndefined()
  const some = { ...without, actual: Buffer.concat([link(1, 2, 10), link(1, 3, 99)]) }
  expect(compareLinks(some)).toBeUndefined()
  expect(compareLinks({ ...without, prunedBeforeMs: 10 })).toMatchObject({ kind: 'removed' })
})

test('a head is one word that is found again in any log', () => {
  const word = formatHead(HEAD, testKeys().sign(headText(HEAD)))
  expect(parseHead(word)).toMatchObject({ number: 17, total: 4_711 })
  const lines = `{"msg":"audit_sealed","head":"${word}"}\nzerg-1 | … head=${word} …\nh1.1.2.3.cut`
  expect(headsIn(lines).map(({ number }) => number)).toEqual([17, 17])
  for (const wrong of ['', 'h1', word.slice(0, -1), word.replace('h1.', 'h2.'), `${word}x`])
    expect(parseHead(wrong)).toBeUndefined()
})

test('a signature is good for its text and its key alone', () => {
  const [keys, others] = [testKeys(), testKeys('another secret of another Zerg altogether')]
  const signed = keys.sign('text')
  expect(keys.check('text', signed)).toBe('good')
  expect(keys.check('other', signed)).toBe('bad')
  expect(others.check('text', signed)).toBe('unknown')
  expect(others.check('text', { ...others.sign('x'), signature: signed.signature })).toBe('bad')
})

test.each([0, 1, 4_711, Number.MAX_SAFE_INTEGER])('the id of entry %d leads back to it', seq => {
  const place = { atMs: 1_795_481_281_995, seq }
  const id = entryIdOf(place)
  expect(isId(id)).toBe(true)
  expect(placeOfEntry(id)).toEqual(place)
  expect(placeOfEntry(id.toUpperCase())).toEqual(place)
})

test('ids of entries come in their order', () => {
  const ids = [
    [1, 9],
    [2, 1],
    [2, 2],
    [300, 0],
  ].map(([atMs, seq]) => entryIdOf({ atMs: atMs!, seq: seq! }))
  expect(ids.toSorted()).toEqual(ids)
})

test.each([
  '',
  'x',
  '01939c2e-7a5f-4000-8000-000000001267',
  'ffffffff-ffff-7fff-bfff-ffffffffffff',
])('%p is the id of no entry', id => expect(placeOfEntry(id)).toBeUndefined())

test('an allowance is used up and comes back, for each source by itself', () => {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, elapsedMs: () => nowMs }
  const { take } = createAllowance({ burst: 2, perMs: 0.001, sourcesMax: 2, clock })
  expect(['a', 'a', 'a', 'b'].map(take)).toEqual([true, true, false, true])
  nowMs = 999
  expect(take('a')).toBe(false)
  nowMs = 1_000
  expect([take('a'), take('a')]).toEqual([true, false])
})

function link(xid: number, seq: number, atMs = 0): Buffer {
  const bytes = Buffer.alloc(LINK_BYTES)
  bytes.writeBigUInt64BE(BigInt(xid), 0)
  bytes.writeBigInt64BE(BigInt(seq), 8)
  bytes.writeBigInt64BE(BigInt(atMs), 16)
  createHash('sha256').update(`${xid} ${seq}`).digest().copy(bytes, 24)
  return bytes
}
