// A data directory as one file: a list of its paths, then their contents, compressed as a whole.
// zstd makes a third of what gzip does of a fresh database, and unpacks in half the time.

export type ArchivedFile = {
  /** Relative, with slashes. */
  path: string
  /** Absent for a directory, which comes before what is in it. */
  content?: Uint8Array
}

/** The whole archive. Slow, and meant for the build. */
export function packArchive(files: readonly ArchivedFile[]): Uint8Array {
  const index = Buffer.from(
    JSON.stringify(files.map(({ path, content }) => [path, content?.length ?? DIRECTORY])),
  )
  const head = Buffer.alloc(4)
  head.writeUInt32BE(index.length)
  const contents = files.flatMap(({ content }) => (content ? [content] : []))
  return Bun.zstdCompressSync(Buffer.concat([head, index, ...contents]), { level: 19 })
}

/** What was packed, in its order. Contents are views of one buffer. */
export function unpackArchive(archive: Uint8Array): ArchivedFile[] {
  const bytes = Bun.zstdDecompressSync(archive)
  let at = 4 + bytes.readUInt32BE(0)
  const index: [string, number][] = JSON.parse(bytes.toString('utf8', 4, at))
  return index.map(([path, length]) => {
    if (length === DIRECTORY) return { path }
    const content = bytes.subarray(at, at + length)
    at += length
    return { path, content }
  })
}

const DIRECTORY = -1
