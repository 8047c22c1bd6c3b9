// What `--help` prints, by running it. The golden files are made by `npm run generate`.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { rows } from '../../cli/commands.ts'
import { runZerg } from '../support/zerg.ts'

const golden = (name: string) =>
  Bun.file(join(import.meta.dir, `golden/help/zerg-${name.replaceAll(' ', '-')}.txt`)).text()

test.each(rows.map(({ name }) => name))('zerg %s --help prints its page to stdout', async name => {
  const { stdout, stderr, code } = await runZerg([...name.split(' '), '--help'])
  expect({ stdout, stderr, code }).toEqual({ stdout: await golden(name), stderr: '', code: 0 })
  expect(stdout).toMatch(/^Examples$/m)
})

test('zerg --help fits a screen of 24 lines and 80 columns, with room for the prompt', async () => {
  const { stdout, code } = await runZerg(['--help'])
  const lines = stdout.trimEnd().split('\n')
  expect(code).toBe(0)
  expect(lines.length).toBeLessThanOrEqual(23)
  expect(lines.filter(line => line.length > 80)).toEqual([])
})

test.each(['config', 'migrate'])(
  'zerg %s --help lists the commands that begin with it',
  async word => {
    const { stdout, code } = await runZerg([word, '--help'])
    expect(code).toBe(0)
    for (const { name } of rows.filter(({ name }) => name.startsWith(`${word} `)))
      expect(stdout).toContain(`zerg ${name}`)
  },
)

test('no page is wider than a screen, but for commands that have to stay whole', async () => {
  for (const { name } of rows) {
    const wide = (await golden(name)).split('\n').filter(line => line.length > 80)
    expect(wide.filter(line => line.trim().includes('  '))).toEqual([])
  }
})
