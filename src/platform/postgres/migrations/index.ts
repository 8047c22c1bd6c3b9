// Every migration, in order. Appending one: two imports and one line of the list.

export type Migration = {
  version: number
  name: string
  up: string
  down: string
}

export const migrations: readonly Migration[] = []
