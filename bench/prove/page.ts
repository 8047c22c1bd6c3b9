// docs/performance.md: the table of promises, then each part with how it was measured.

import { cpus, release, totalmem } from 'node:os'
import type { Section } from './section.ts'

// What was not measured again stays as it was: rows are known by what they say, parts by their title.
export function renewed(page: string, again: readonly Section[]): string {
  let text = page
  for (const { title, text: part, findings } of again) {
    for (const it of findings) text = text.replace(lineOf(it.what), () => rowOf(it))
    const [before = '', after = ''] = text.split(`## ${title}\n`)
    const rest = after.slice(after.indexOf('\n## '))
    text = `${before}## ${title}\n\n${part}\n${rest}`
  }
  return text
}

const lineOf = (what: string) =>
  new RegExp(`^\\| ${what.replaceAll(/[()|/]/g, '\\$&')} \\|.*$`, 'm')

const rowOf = (it: Section['findings'][number]) =>
  `| ${it.what} | ${it.bar} | ${it.measured} | ${it.held ? 'yes' : '**no**'} |`

export function pageOf(all: readonly Section[], names: readonly string[]): string {
  const [cpu] = cpus()
  const machine = `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Bun ${Bun.version}, PostgreSQL 18`
  const rows = all.flatMap(({ findings }) => findings).map(rowOf)
  return [
    '# Performance',
    '',
    'Made by `npm run prove`; do not edit. Everything was measured on the compiled executable, clients and PostgreSQL on the same machine. Machines differ and are noisy: compare ratios, and repeat it on yours.',
    '',
    `Machine: ${machine}. ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| what | bar | measured | held |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...all.flatMap(({ title, text }) => ['', `## ${title}`, '', text]),
    '',
    '## How to repeat it',
    '',
    '`npm run prove` does all of it; `npm run prove -- drain` one section (`' +
      names.join('`, `') +
      '`). `npm run bench` repeats the costs alone. wrk has to be installed.',
    '',
  ].join('\n')
}
