// A message of a known shape, with values that somebody might send: usual ones, edges, and nonsense
// of the right type.

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Random } from './random.ts'

/** What is there in truth, so that messages get further than to their first check. */
export type Pool = {
  /** At least one. */
  ids: readonly Uint8Array[]
  /** At least one, such as cursors. */
  texts: readonly string[]
}

const DEPTH_MAX = 4

type Source = {
  random: Random
  pool: Pool
  /** Mostly as somebody would send it who has read the documentation. */
  isTame: boolean
}

export function messageBytes(source: Source, message: DescMessage, depth = 0): Buffer {
  const { random } = source
  const writer = new BinaryWriter()
  for (const field of message.fields) {
    if (random.chance(source.isTame ? 0.7 : 0.5)) continue
    for (let left = timesOf(random, field); left > 0; left--) write(field)
  }
  return Buffer.from(writer.finish())

  function write(field: DescField) {
    const tag = (type: WireType) => writer.tag(field.number, type)
    if (field.message) {
      if (depth === DEPTH_MAX) return
      tag(WireType.LengthDelimited).bytes(messageBytes(source, field.message, depth + 1))
    } else if (field.enum) {
      tag(WireType.Varint).int32(enumValue(source))
    } else writeScalar(field.scalar ?? ScalarType.BYTES, tag)
  }

  function writeScalar(type: ScalarType, tag: (type: WireType) => BinaryWriter) {
    switch (type) {
      case ScalarType.STRING:
        return tag(WireType.LengthDelimited).string(textValue(source))
      case ScalarType.BYTES:
        return tag(WireType.LengthDelimited).bytes(bytesValue(source))
      case ScalarType.BOOL:
        return tag(WireType.Varint).bool(random.chance(0.5))
      case ScalarType.INT64:
      case ScalarType.UINT64:
        return tag(WireType.Varint).int64(longValue(source))
      default:
        return tag(WireType.Varint).int32(intValue(source))
    }
  }
}

function timesOf(random: Random, field: DescField): number {
  if (field.fieldKind !== 'list') return 1
  return random.chance(0.02) ? 300 : random.below(5)
}

// Even the tame are not always.
const isTameNow = ({ isTame, random }: Source) => isTame && random.chance(0.95)

const enumValue = (source: Source) =>
  isTameNow(source)
    ? source.random.below(4)
    : source.random.pick([0, 1, 2, 3, 4, 5, 6, 7, 99, -1, 2_147_483_647])

const intValue = (source: Source) =>
  isTameNow(source)
    ? source.random.below(100)
    : source.random.pick([0, 1, 2, 50, 200, 201, 10_000, 10_001, -1, 2_147_483_647, -2_147_483_648])

const longValue = (source: Source) => (isTameNow(source) ? '1767323045' : source.random.pick(LONGS))

const LONGS = [
  '0',
  '1',
  '-1',
  '1767323045',
  '253402300799',
  '253402300800',
  '-62135596801',
  '9223372036854775807',
  '-9223372036854775808',
]

function bytesValue(source: Source): Uint8Array {
  const { random, pool } = source
  if (isTameNow(source)) return random.pick(pool.ids)
  return random.among<Uint8Array>([
    () => random.pick(pool.ids),
    () => random.bytes(16),
    () => Buffer.alloc(16),
    () => random.bytes(random.pick([0, 1, 15, 17, 36])),
  ])
}

const STRANGE = [
  '',
  ' ',
  'Task',
  'a\0b',
  "'; drop table tasks; --",
  '‮evil‬',
  '​​',
  'e\u0301\u0301\u0301',
  '👩‍👩‍👧‍👦',
  '%_\\',
  '__proto__',
  '../../etc/passwd',
  '-created_at',
  'due_date',
  'nothing_like_it',
  'WzEsIi1jcmVhdGVkX2F0Iiwi',
  'é'.repeat(255),
  'x'.repeat(256),
  'word '.repeat(2_000),
  '\uFFFD\uFFFE\uFFFF',
]

function textValue(source: Source): string {
  const { random, pool } = source
  if (isTameNow(source)) return random.pick(['', 'Write the report', '-created_at'])
  return random.pick(random.chance(0.3) ? pool.texts : STRANGE)
}
