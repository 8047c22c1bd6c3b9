// A loop that never yields, watched by the thread that other platforms than Linux use.

import { openWatcher } from '#platform/lifecycle/watchdog-thread.ts'

const watcher = openWatcher()
if (process.argv[2] === 'time') watcher.allowTime(500)
else watcher.allowWork(500)
// A thread needs this loop to begin.
await Bun.sleep(200)
process.stdout.write('wedged\n')
while (Date.now() > 0) Math.random()
