// The bus of a single process.

import { pino } from 'pino'
import { createLocalBus } from '#platform/redis/bus.ts'
import { busContract } from '../../../support/contracts/bus.ts'

busContract('in process', async () => {
  const bus = createLocalBus({ log: pino({ level: 'silent' }) })
  return { here: bus, there: bus, close: async () => {} }
})
