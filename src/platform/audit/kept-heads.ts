// Heads that were kept outside the database, in logs above all: what tells a chain that was cut or
// rewritten as a whole, which its own signatures cannot.

import { type Head, headText, hex, type HeadKeys, parseHead, type Signed } from './heads.ts'
import type { Problem } from './verdict.ts'

export type KeptHead = Head & Signed

const HEAD = /\bh1(?:\.\d+){3}\.[0-9a-f]{64}\.[0-9a-f]{16}\.[\w-]{86}/g

/** Every head in a text, such as a line of a log in whatever format. */
export const headsIn = (text: string): KeptHead[] =>
  (text.match(HEAD) ?? []).flatMap(word => parseHead(word) ?? [])

type Given = { heads: readonly KeptHead[]; keys: HeadKeys }

export type Kept = ReturnType<typeof createKept>

export function createKept({ heads, keys }: Given) {
  const byNumber = Map.groupBy(heads, ({ number }) => number)
  const last = heads.reduce((highest, { number }) => Math.max(highest, number), 0)
  return { check, checkEnd, altered, countUpTo }

  /** A head that nobody has signed proves nothing, and would accuse the chain wrongly. */
  function altered(): Problem | undefined {
    const head = heads.find(it => keys.check(headText(it), it) === 'bad')
    return (
      head &&
      problem(
        'head_altered',
        head.number,
        `The head given for seal ${head.number} has been altered: its signature does not fit.`,
      )
    )
  }

  function check({ number, total, hash }: Pick<Head, 'number' | 'total' | 'hash'>) {
    const kept = byNumber.get(number)
    const other = kept?.find(it => hex(it.hash) !== hex(hash) || it.total !== total)
    return (
      other &&
      problem(
        'chain_rewritten',
        number,
        `Seal ${number} is not the one that was made at ${isoOf(other)}: the chain has been rewritten at it or before.`,
      )
    )
  }

  function checkEnd(number: number): Problem | undefined {
    if (last <= number) return undefined
    const head = byNumber.get(last)![0]!
    return problem(
      'chain_cut',
      number + 1,
      `The chain ends with seal ${number}, and seal ${last} was made at ${isoOf(head)}: its end has been cut off.`,
    )
  }

  function countUpTo(number: number): number {
    return heads.filter(it => it.number <= number).length
  }
}

const isoOf = ({ sealedAtMs }: Head) => new Date(sealedAtMs).toISOString()

const problem = (kind: Problem['kind'], seal: number, says: string): Problem => ({
  kind,
  seal,
  entry: null,
  says,
})
