// A disk that fills up refuses writes and goes on being read, and nothing acknowledged is lost.

import { afterEach, beforeEach, expect } from 'bun:test'
import { killPrograms, makeFolder, runProgram } from '../../support/embedded.ts'
import { within } from '../../support/eventually.ts'
import { testWith } from '../../support/tools.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(async () => {
  await killPrograms()
  await folder.remove()
})

// A disk of 110 MB, seen by this one process and gone with it.
const smallDisk = (at: string) => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `mount -t tmpfs -o size=110m tmpfs ${at} && exec "$@"`,
  'sh',
]

testWith('unshare')(
  'a full disk refuses what needs room, reads go on, a panic is recovered from, nothing is lost',
  async () => {
    const filling = runProgram('fill', { directory: folder.path, prefix: smallDisk(folder.path) })
    const line = await within(filling.line(), 80_000)
    const { code, said } = await within(filling.ended(), 20_000)
    expect({ code, said }).toEqual({ code: 0, said: '' })
    const seen = JSON.parse(line!)
    expect(seen).toMatchObject({
      refusal: '53100',
      refusedAgain: '53100',
      whileFull: seen.inserted,
      flood: 'CONNECTION_CLOSED',
      afterPanic: 'ECONNREFUSED',
      recovered: seen.inserted,
      writesAgain: '',
    })
    expect(seen.inserted).toBeGreaterThan(1_000)
    expect(seen.kept).toBe(Math.ceil(seen.inserted / 2) + 1)
  },
  120_000,
)
