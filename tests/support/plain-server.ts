// A server as most are: it stops listening at once when it is told to. It shows that the lab's clients
// see a loss when there is one.

const server = Bun.serve({
  hostname: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT']),
  async fetch(request) {
    if (request.url.endsWith('/ready')) return new Response('ready')
    await Bun.sleep(2 + Math.random() * 10)
    return Response.json({ made: true }, { status: 201 })
  },
})

process.on('SIGTERM', async () => {
  await server.stop()
  process.exit(0)
})
