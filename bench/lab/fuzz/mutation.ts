// What happens to bytes on a bad day, or in bad hands.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Random } from './random.ts'

type Mutation = (random: Random, bytes: Buffer) => Buffer

const LARGE = 200_000

const mutations: readonly Mutation[] = [
  // Nothing at all, so that the message itself is tried too.
  (_, bytes) => bytes,
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  flipped,
  (random, bytes) => Buffer.concat([bytes, unknownField(random)]),
  (random, bytes) => Buffer.concat([unknownField(random), bytes]),
  (random, bytes) => Buffer.concat([bytes, wrongType(random)]),
  // The last one of a field counts, and lists grow.
  (_, bytes) => Buffer.concat([bytes, bytes]),
  (random, bytes) => Buffer.concat([bytes, tag(random.below(20) + 1, 2), huge(random)]),
  (random, bytes) => Buffer.concat([bytes, tag(random.pick([0, 536_870_911, 19_000]), 0)]),
  // A varint of more than ten bytes.
  (random, bytes) => Buffer.concat([bytes, tag(random.below(20) + 1, 0), Buffer.alloc(12, 0xff)]),
  (random, bytes) => Buffer.concat([bytes, groups(random.pick([1, 10, 5_000]))]),
  (random, bytes) =>
    Buffer.concat([bytes, field(random.below(20) + 1, Buffer.from('fffec0', 'hex'))]),
  (random, bytes) => Buffer.concat([bytes, field(random.below(20) + 1, Buffer.alloc(LARGE, 'x'))]),
  random => random.bytes(random.below(64)),
]

/** The bytes, changed once or a few times. */
export function mutated(random: Random, bytes: Buffer): Buffer {
  let changed = bytes
  for (let left = 1 + random.below(3); left > 0; left--)
    changed = random.pick(mutations)(random, changed)
  return changed
}

function flipped(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  for (let left = random.below(4); left > 0 && copy.length > 0; left--)
    copy[random.below(copy.length)] = random.below(256)
  return copy
}

function unknownField(random: Random): Buffer {
  const number = 100 + random.below(1_000)
  return random.among([
    () => Buffer.concat([tag(number, 0), Buffer.from([random.below(128)])]),
    () => Buffer.concat([tag(number, 1), random.bytes(8)]),
    () => Buffer.concat([tag(number, 5), random.bytes(4)]),
    () => field(number, random.bytes(random.below(100))),
  ])
}

// A field that is there, as something that it is not; 6 and 7 are no types at all.
const wrongType = (random: Random): Buffer =>
  Buffer.concat([tag(random.below(20) + 1, random.below(8)), random.bytes(random.below(12))])

/** A length that the rest of the message does not have. */
const huge = (random: Random): Buffer =>
  Buffer.from(new BinaryWriter().uint32(random.pick([1_000, 1_000_000, 4_294_967_295])).finish())

const groups = (depth: number): Buffer => Buffer.alloc(depth, tag(1, WireType.StartGroup))

const field = (number: number, value: Uint8Array): Buffer =>
  Buffer.from(new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(value).finish())

const tag = (number: number, type: number): Buffer =>
  Buffer.from(new BinaryWriter().uint32(((number << 3) | type) >>> 0).finish())
