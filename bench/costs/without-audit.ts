// Loaded before Zerg (`bun --preload`), it takes the audit log's part out of every statement that
// changes something: what is left is what the same change would cost without an entry.

import { plugin } from 'bun'

const WITHOUT = `
  export const WHO_COUNT = 0
  export const whoOf = () => []
  export const entryOf = () => 'select where false'
`

plugin({
  name: 'without-audit',
  setup(build) {
    build.onLoad({ filter: /src\/platform\/audit\/statement\.ts$/ }, () => ({
      contents: WITHOUT,
      loader: 'ts',
    }))
  },
})
