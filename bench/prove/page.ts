// docs/performance.md: the table of promises, then each part with how it was measured.

import { cpus, release, totalmem } from 'node:os'
import type { Section } from './section.ts'

// What was not measured again stays as it was: rows are known by what they say, parts by their title.
// What the page has not had before is added.
export const renewed = (page: string, again: readonly Section[]): string =>
  again.reduce((text, section) => withPart(section.findings.reduce(withRow, text), section), page)

function withRow(text: string, it: Section['findings'][number]): string {
  const line = lineOf(it.what)
  if (line.test(text)) return text.replace(line, () => rowOf(it))
  const end = text.indexOf(NEXT_PART)
  return `${text.slice(0, end).trimEnd()}\n${rowOf(it)}\n${text.slice(end)}`
}

function withPart(text: string, { title, text: part }: Section): string {
  const heading = `## ${title}\n`
  if (!text.includes(heading))
    return text.replace(LAST_PART, () => `${heading}\n${part}\n\n${LAST_PART}`)
  const [before = '', after = ''] = text.split(heading)
  return `${before}${heading}\n${part}\n${after.slice(after.indexOf(NEXT_PART))}`
}

const NEXT_PART = '\n## '
const LAST_PART = '## How to repeat it'

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
    LAST_PART,
    '',
    '`npm run prove` does all of it; `npm run prove -- drain` one section (`' +
      names.join('`, `') +
      '`). `npm run bench` repeats the costs alone. wrk has to be installed.',
    '',
  ].join('\n')
}
