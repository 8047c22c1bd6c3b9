// Opens the data directory, says so, and keeps it until stdin ends or it is killed.

import { openTestEmbedded } from '../embedded.ts'

const embedded = await openTestEmbedded({ dataDir: process.argv[2]!, ephemeral: false })
console.log(`open ${embedded.fresh ? 'fresh' : 'found'}`)
await new Promise(() => setInterval(() => {}, 1_000))
