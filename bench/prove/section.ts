// What one part of the proof hands to the page that shows it.

/** One row of the table of promises. */
export type Finding = {
  what: string
  bar: string
  measured: string
  held: boolean
}

export type Section = {
  title: string
  /** How it was measured, and whatever the figures alone do not say; Markdown. */
  text: string
  findings: readonly Finding[]
}

/** Says on stderr what is being measured: a proof takes minutes. */
export const say = (text: string): void => void process.stderr.write(`prove: ${text}\n`)

export const range = (numbers: readonly number[], digits = 0): string =>
  numbers.length === 0
    ? 'nothing'
    : `${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)}`
