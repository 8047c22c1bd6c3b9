// For the few statements whose text depends on what was asked for: values still travel apart from it.

export type Value = string | number

/** Puts a value aside and returns what stands for it in the text. */
export type Bind = (value: Value) => string

export function createPlaceholders(): { values: Value[]; bind: Bind } {
  const values: Value[] = []
  return { values, bind: value => `$${values.push(value)}` }
}

/**
 * A literal limit that is at least this. It tells the planner how little is wanted, and comes in
 * few sizes, so that there are few different texts: 51 is the usual page of 50 and the one row that
 * says whether another page follows.
 */
export const roundUpRows = (rows: number): number =>
  rows <= USUAL_ROWS ? USUAL_ROWS : rows <= 201 ? 201 : rows

export const USUAL_ROWS = 51
