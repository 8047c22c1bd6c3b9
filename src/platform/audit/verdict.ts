// What going through the audit log has found.

/** The first thing that is wrong, in the order of the chain. */
export type Problem = {
  kind:
    | 'altered'
    | 'removed'
    | 'inserted'
    | 'reordered'
    /** A seal, or what was left of those that were pruned. */
    | 'seal_missing'
    | 'seal_altered'
    | 'anchor_altered'
    /** Signed with no key that comes from the secrets at hand. */
    | 'key_unknown'
    /** A head that was kept elsewhere is not in the chain. */
    | 'chain_cut'
    | 'chain_rewritten'
    | 'head_altered'
  /** The seal that it was found in. */
  seal: number
  /** The entry, where it is one. */
  entry: { seq: number; id: string; at: string } | null
  /** For people, in one sentence. */
  says: string
}

export type Verdict = {
  /** Null where all is well. */
  problem: Problem | null
  /** What was gone through, and found good before the problem. */
  seals: number
  entries: number
  /** Entries in the chain so far, with those that were pruned. */
  total: number
  /** The number of the last good seal, and the hash after it. */
  last_seal: number
  hash: string
  /** Entries that wait for a seal, counted to 10,000: nothing is proved of them yet. */
  unsealed: number
  /** Where the chain begins since older entries were pruned. */
  anchor: { seal: number; pruned_before: string } | null
  /** Seals whose key does not come from the secrets at hand. Those after them vouch for them. */
  unknown_keys: number
  /** Heads kept elsewhere that the chain was compared with. */
  heads_compared: number
  /** Kept heads from before the anchor, which nothing can be said of any more. */
  heads_pruned: number
}
