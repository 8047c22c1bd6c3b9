// Names and their explanations in two columns, wrapped to a width.

const LEFT_MAX = 30

/** A name that is too long for its column stands on a line of its own. */
export function definitions(
  pairs: readonly (readonly [name: string, text: string])[],
  { width = 80, indent = 2 } = {},
): string {
  const widths = pairs.map(([name]) => name.length).filter(length => length <= LEFT_MAX)
  const left = indent + Math.max(4, ...widths) + 2
  return pairs
    .flatMap(([name, text]) => {
      const head = ' '.repeat(indent) + name
      const lines = wrap(text, width - left)
      const fits = head.length + 2 <= left
      const [first = ''] = lines
      const rest = (fits ? lines.slice(1) : lines).map(line => ' '.repeat(left) + line)
      return [fits ? (head.padEnd(left) + first).trimEnd() : head, ...rest]
    })
    .join('\n')
}

/** Lines of at most this many characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}
