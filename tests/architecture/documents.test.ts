// Documents that cannot rot: what they list is what there is, and their links lead somewhere.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'bun:test'
import { overview } from '../../cli/help.ts'
import { EXIT } from '../../cli/exit.ts'
import manifest from '../../package.json' with { type: 'json' }
import { files, read, root } from './sources.ts'

const DOCUMENTS = ['README.md', 'CHANGELOG.md', ...files('docs/**/*.md')]

test('every link between documents leads to a file', () => {
  const broken = DOCUMENTS.flatMap(document =>
    [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => join(dirname(document), target!))
      .filter(target => !existsSync(join(root, target)))
      .map(target => `${document} -> ${target}`),
  )
  expect(broken).toEqual([])
})

test('the README shows the commands as `zerg --help` does', () => {
  const [, commands = ''] = overview().split('\n\n')
  expect(commands).toContain('In containers')
  expect(read('README.md')).toContain(commands)
})

test('every exit code is documented', () => {
  const page = read('docs/shutdown.md')
  for (const code of Object.values(EXIT)) expect(page).toContain(`| ${code} |`)
})

test('every dependency has its reason in docs/development.md', () => {
  const page = read('docs/development.md')
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(names.filter(name => !page.includes(`\`${name}\``))).toEqual([])
})

test('every dependency is pinned exactly', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const versions = Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })
  expect(
    versions.filter(version => !/^(?:npm:.*@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
  ).toEqual([])
})

test('every decision is on the list of decisions, and the list has no other', () => {
  const listed = [...read('docs/decisions/README.md').matchAll(/\((\d{4}-[^)]+\.md)\)/g)].map(
    ([, name]) => `docs/decisions/${name}`,
  )
  expect(listed).toEqual(files('docs/decisions/[0-9]*.md'))
})
