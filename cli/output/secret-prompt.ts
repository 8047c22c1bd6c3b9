// A secret from a person or from a pipe; never from an argument, which every process can read.

import { CommandError, usageError } from '../exit.ts'
import { write } from './stream.ts'

const CHARACTERS_MAX = 4_096

/** From the first line of stdin, or typed twice on a terminal. */
export async function readPassword({ fromStdin }: { fromStdin: boolean }): Promise<string> {
  if (fromStdin) return firstLine(await Bun.stdin.text())
  if (!process.stdin.isTTY)
    throw usageError(
      'Nobody is there to type a password.',
      'Run it on a terminal, or add --password-stdin and pipe it in.',
    )
  const terminal = openTerminal()
  try {
    const password = await terminal.ask('Password: ')
    if (password === (await terminal.ask('Again: '))) return password
  } finally {
    terminal.close()
  }
  throw new CommandError('The two passwords differ.', { fix: 'Try again.' })
}

function firstLine(text: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  if (line === '') throw usageError('stdin holds no password.', 'Pipe it in as the first line.')
  return line
}

/** What is typed on it is not shown. */
function openTerminal() {
  const { stdin } = process
  let arrived = ''
  let wake = (): void => undefined
  const take = (text: string) => {
    arrived = (arrived + text).slice(0, CHARACTERS_MAX)
    wake()
  }
  // As if it had been given up there.
  const end = () => take(CTRL_D)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.on('data', take)
  stdin.once('end', end)
  return { ask, close }

  async function ask(question: string): Promise<string> {
    write(2, question)
    while (!ENDING.test(arrived)) await more()
    write(2, '\n')
    const [line, ending] = [ENDING.exec(arrived)?.[1], ENDING.exec(arrived)?.[2]]
    if (line === undefined || ending === CTRL_C || ending === CTRL_D)
      throw new CommandError('Nothing was done.', { fix: 'Run it again.' })
    // What was typed ahead is for the next question.
    arrived = arrived.slice(line.length + 1)
    return withoutErased(line)
  }

  function more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    return promise
  }

  function close(): void {
    stdin.off('data', take)
    stdin.off('end', end)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ENDING = new RegExp(`^([^\r\n${CTRL_C}${CTRL_D}]*)([\r\n${CTRL_C}${CTRL_D}])`)

function withoutErased(line: string): string {
  const kept: string[] = []
  for (const character of line)
    if (character === '\b' || character === '\u007F') kept.pop()
    else kept.push(character)
  return kept.join('')
}
