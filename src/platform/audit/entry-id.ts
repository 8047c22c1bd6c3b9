// The id by which the API names an entry. It is made of the entry's time and number, in the shape of a
// UUIDv7 (RFC 9562): nothing has to be stored for it, and an entry is found in the partition of its
// month by its primary key.

const TIME_BITS = 48n
const SEQ_LOW_BITS = 62n
const SEQ_LOW_MASK = (1n << SEQ_LOW_BITS) - 1n

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/

export type EntryPlace = { atMs: number; seq: number }

export function entryIdOf({ atMs, seq }: EntryPlace): string {
  const number = BigInt(seq)
  const bits =
    (BigInt.asUintN(Number(TIME_BITS), BigInt(atMs)) << 80n) |
    (7n << 76n) |
    ((number >> SEQ_LOW_BITS) << 64n) |
    (2n << SEQ_LOW_BITS) |
    (number & SEQ_LOW_MASK)
  const hex = bits.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Undefined where no entry can have this id. */
export function placeOfEntry(id: string): EntryPlace | undefined {
  const parts = UUID.exec(id.toLowerCase())
  if (!parts) return undefined
  const [, timeHigh, timeLow, high, low, rest] = parts
  const seqLow = BigInt(`0x${low}${rest}`) & SEQ_LOW_MASK
  const seq = Number((BigInt(`0x${high}`) << SEQ_LOW_BITS) | seqLow)
  if (!Number.isSafeInteger(seq)) return undefined
  return { atMs: Number.parseInt(`${timeHigh}${timeLow}`, 16), seq }
}
