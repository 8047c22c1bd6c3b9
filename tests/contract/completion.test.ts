// Completions, by the shells themselves: each sources what `zerg completion` prints and is asked.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { findTool, testWith } from '../support/tools.ts'
import { runZerg } from '../support/zerg.ts'

const shells = ['bash', 'zsh', 'fish'] as const
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zerg-completion-'))
  await Promise.all(
    shells.map(async shell => {
      const { stdout } = await runZerg(['completion', shell])
      await Bun.write(join(folder, shell), stdout)
    }),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Row = [line: string, words: readonly string[], offered: readonly string[]]

// What bash is asked with, in its own words: it splits at `=`.
const rows: Row[] = [
  ['zerg conf', ['zerg', 'conf'], ['config']],
  ['zerg config s', ['zerg', 'config', 's'], ['schema', 'show']],
  ['zerg config check --log-l', ['zerg', 'config', 'check', '--log-l'], ['--log-level=']],
  ['zerg serve --log-level de', ['zerg', 'serve', '--log-level', 'de'], ['debug']],
  ['zerg serve --log-level=de', ['zerg', 'serve', '--log-level', '=', 'de'], ['debug']],
  [
    'zerg serve --env=',
    ['zerg', 'serve', '--env', '='],
    ['development', 'test', 'staging', 'production'],
  ],
  ['zerg serve --roles ', ['zerg', 'serve', '--roles', ''], ['api', 'tasks', 'api,tasks']],
  [
    'zerg explain database_',
    ['zerg', 'explain', 'database_'],
    ['database_unavailable', 'database_busy'],
  ],
  ['zerg completion ', ['zerg', 'completion', ''], ['bash', 'zsh', 'fish']],
  ['zerg migrate gr', ['zerg', 'migrate', 'gr'], ['grant']],
]

test('bash completes commands, flags and values', async () => {
  const asked = rows.map(([, words]) => {
    const list = words.map(word => `'${word}'`).join(' ')
    return `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _zerg; echo "\${COMPREPLY[*]}"`
  })
  const lines = await run('bash', ['-c', `source ${folder}/bash\n${asked.join('\n')}`])
  expect(lines).toEqual(rows.map(([, , offered]) => offered.join(' ')))
})

test('bash completes the names of files where a flag takes one', async () => {
  const asked = `cd ${folder}; COMP_WORDS=(zerg serve --config fi); COMP_CWORD=3; _zerg; echo "\${COMPREPLY[*]}"`
  expect(await run('bash', ['-c', `source ${folder}/bash\n${asked}`])).toEqual(['fish'])
})

// The function alone could be right and the line wrong: bash splits words and adds spaces around it.
test('a Tab in an interactive bash completes the line', async () => {
  let seen = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn(['bash', '--norc', '--noprofile', '-i'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TERM: 'dumb', PS1: 'READY> ' },
    terminal: {
      cols: 200,
      data: (_, bytes) => void (seen += decoder.decode(bytes, { stream: true })),
    },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  const type = async (keys: string, awaited: RegExp) => {
    seen = ''
    child.terminal!.write(keys)
    return await eventually(() => {
      const found = awaited.exec(seen)
      if (!found) throw new Error(`bash shows ${JSON.stringify(seen)}`)
      return found[1]
    })
  }
  await type(
    `bind 'set bell-style none'; source ${folder}/bash; echo LOADED-$((1+1))\r`,
    /LOADED-2/,
  )
  for (const [line, , offered] of rows) {
    const [only, more] = offered
    if (only === undefined || more !== undefined) continue
    // Home, `echo GOT-2 '`, End, a quote, Return: the completed line is printed and not run.
    const keys = `${line}\t\u0001echo GOT-$((1+1)) '\u0005'\r`
    const got = await type(keys, /GOT-2 (.*?) *\r?\n/)
    expect(got).toBe(line.replace(/[^ =]*$/, '') + only)
  }
  child.terminal!.close()
  child.kill()
  await child.exited
})

testWith('fish')('fish completes commands, flags and values', async () => {
  const asked = rows.map(
    ([line]) => `complete -C '${line}' | string replace -r '\\t.*' ''; echo ---`,
  )
  const lines = await run('fish', [
    '--no-config',
    '-c',
    `source ${folder}/fish\n${asked.join('\n')}`,
  ])
  const offered = lines
    .join('\n')
    .split('---')
    .map(part => part.trim().split('\n').toSorted())
  for (const [index, [line, , wanted]] of rows.entries()) {
    // fish repeats the flag before the value, and puts no `=` behind it.
    const prefix = /--[\w-]+=/.exec(line)?.[0] ?? ''
    const expected = wanted.map(word => prefix + word.replace(/=$/, ''))
    expect(offered[index], line).toEqual(expected.toSorted())
  }
})

// Only a real line editor runs zsh's completion, so that one is started on a terminal of its own.
testWith('zsh')('zsh completes commands, flags and values', async () => {
  const single = rows.filter(([, , offered]) => offered.length === 1)
  const asked = single.map(([line]) => `ask '${line}'`)
  const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
expect() { local line; while zpty -r shell line; do [[ $line == $~1 ]] && break; done; REPLY=$line }
zpty -w shell "autoload -Uz compinit; compinit -u -d ${folder}/dump; source ${folder}/zsh; setopt no_beep; print READY-$((1+1))"
expect '*READY-2*'
ask() {
  zpty -w -n shell "$1"$'\\t'$'\\001'"print -r -- 'GOT-'\\$((1+1))' "$'\\005'"'"$'\\n'
  expect 'GOT-2 *'
  print -r -- "\${\${REPLY#GOT-2 }%%[[:space:]]#}"
}
${asked.join('\n')}
zpty -d shell
`
  const lines = await run('zsh', ['-f', '-c', `setopt extended_glob\n${script}`])
  expect(lines).toEqual(
    single.map(([line, , [offered = '']]) => line.replace(/[^ =]*$/, '') + offered),
  )
})

async function run(shell: (typeof shells)[number], args: string[]): Promise<string[]> {
  const program = shell === 'bash' ? 'bash' : findTool(shell)!
  const child = Bun.spawn([program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TERM: 'dumb' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}
