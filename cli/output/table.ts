// Columns of text, as wide as their widest cell.

/** Lines without a trailing space; the last column is never padded. */
export function table(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, Bun.stringWidth(cell))
  const padded = (cell: string, column: number) =>
    cell + ' '.repeat((widths[column] ?? 0) - Bun.stringWidth(cell) + gap)
  return rows.map(row => row.map(padded).join('').trimEnd()).join('\n')
}
