// The clients' process: alone with its event loop, so that nothing else delays what they see.
// Takes its load as JSON from the command line, says `started` when every client has had an answer,
// and prints its figures when all were refused, or when its standard input ends.

import { createLedger } from './ledger.ts'
import { type Load, noFigures, runClient } from './raw-connection.ts'

const load: Load & { ledger?: string } = JSON.parse(process.argv[2] ?? '{}')
const figures = noFigures()
const ledger = createLedger()
let isOver = false
let unanswered = load.connections

void Bun.stdin.text().then(() => (isOver = true))

const clients = Array.from({ length: load.connections }, (_, index) => {
  let isFirst = true
  const answered = () => {
    if (!isFirst) return
    isFirst = false
    unanswered -= 1
    if (unanswered === 0) process.stdout.write('started\n')
  }
  return runClient(index, { load, figures, ledger, isOver: () => isOver, answered })
})

await Promise.all(clients)
if (load.ledger) ledger.save(load.ledger)
const sorted = figures.tookMs.splice(0).sort((a, b) => a - b)
const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
Object.assign(figures, { p50Ms: at(0.5), p99Ms: at(0.99) })
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit(0)
