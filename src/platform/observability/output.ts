// Lines on their way to stdout. They are gathered and written together, off the event loop, so that
// neither a line nor a slow reader holds up a request. pino's own buffer does the same for a tenth of
// what a request costs.

import { write } from 'node:fs'

const GATHERED_MS = 200
const PAGE_BYTES = 65_536
/** What is kept for a reader that does not read (16 MiB); beyond it lines are lost, and counted. */
const PAGES_MAX = 256
const RETRY_MS = 20
const FLUSH_MAX_MS = 1_000
/** No character of a text takes more bytes in UTF-8. */
const BYTES_PER_CHARACTER_MAX = 3

export type Output = {
  write(line: string): void
  /** Resolves when everything is out, when nobody reads any more, or after a second. */
  flush(): Promise<void>
}

export function createOutput(fd: number): Output {
  // Lines become bytes at once: long chains of unfinished texts are dear to the garbage collector.
  let page = Buffer.allocUnsafeSlow(PAGE_BYTES)
  let end = 0
  const full: Buffer[] = []
  let lost = 0
  let isGone = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> | undefined

  return { write: add, flush }

  function add(line: string): void {
    const room = line.length * BYTES_PER_CHARACTER_MAX
    if (end + room > page.length) turn(room)
    if (isGone || full.length > PAGES_MAX) {
      lost++
      return
    }
    end += page.write(line, end)
    timer ??= setTimeout(drain, GATHERED_MS)
  }

  function turn(room: number): void {
    if (end > 0) full.push(page.subarray(0, end))
    page = Buffer.allocUnsafeSlow(Math.max(room, PAGE_BYTES))
    end = 0
    send()
  }

  function send(): void {
    writing ??= writeFull().finally(() => {
      writing = undefined
      if (full.length > 0) send()
    })
  }

  async function flush(): Promise<void> {
    await Promise.race([drain(), Bun.sleep(FLUSH_MAX_MS)])
  }

  async function drain(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (end > 0) turn(0)
    await writing
  }

  async function writeFull(): Promise<void> {
    for (let next = full[0]; next && !isGone; next = full[0]) {
      for (let at = 0; at < next.length && !isGone;) at += await writeFrom(next, at)
      full.shift()
      if (lost > 0) full.push(Buffer.from(wordOf(lost)))
      lost = 0
    }
    if (isGone) full.length = 0
  }

  /** How many bytes went out. A pipe that is full takes none for now; one without a reader none ever. */
  function writeFrom(bytes: Buffer, at: number): Promise<number> {
    return new Promise(resolve => {
      write(fd, bytes, at, bytes.length - at, null, (error, written) => {
        if (!error) return resolve(written)
        if (error.code !== 'EAGAIN') isGone = true
        setTimeout(() => resolve(0), isGone ? 0 : RETRY_MS)
      })
    })
  }
}

const wordOf = (lost: number): string =>
  `${JSON.stringify({ level: 'warn', lost, msg: 'log lines were lost' })}\n`
