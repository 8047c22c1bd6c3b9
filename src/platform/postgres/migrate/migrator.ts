// Brings a database from one version of the schema to another, and says where it stands.

import type postgres from 'postgres'
import { DatabaseFailure } from '../failure.ts'
import { type Migration, migrations } from '../migrations/index.ts'
import { explainRefusal } from './explain.ts'
import { createLedger, readLedger } from './ledger.ts'
import { withMigrationLock } from './lock.ts'
import type { Direction, Tell } from './progress.ts'
import { compare, type MigrationState } from './state.ts'
import { isTransactional, runStep } from './step.ts'

export type Migrator = ReturnType<typeof createMigrator>

/** One migration as it would run. */
export type Planned = { version: number; name: string; direction: Direction; sql: string }

/** One migration as it ran. */
export type Done = { version: number; name: string; durationMs: number }

type Needs = {
  sql: postgres.ISql
  tell?: Tell
  /** How long another process's run is waited for. */
  turnWaitMs?: number
  /** How long the locks of one migration are tried for. */
  lockWaitMs?: number
  tellEveryMs?: number
  known?: readonly Migration[]
}

/** On a session of its own (session.ts). @throws DatabaseFailure */
export function createMigrator({
  sql,
  tell = () => undefined,
  turnWaitMs = 600_000,
  lockWaitMs = 120_000,
  tellEveryMs = 2_000,
  known = migrations,
}: Needs) {
  return { up, down, status, planUp, planDown }

  /** Applies what is pending, up to and with version `to`. */
  async function up(to = Infinity): Promise<Done[]> {
    requireKnown(to)
    return await alone(async () => {
      await createLedger(sql)
      const pending = pick(await requireUnchanged(), 'pending', to)
      return await each(pending, 'up')
    })
  }

  /** Takes back what came after version `to`, the latest first; without it, the latest one. */
  async function down(to?: number): Promise<Done[]> {
    return await alone(async () => await each(toUndo(await states(), to), 'down'))
  }

  async function status(): Promise<MigrationState[]> {
    return await explained(states)
  }

  async function planUp(to = Infinity): Promise<Planned[]> {
    requireKnown(to)
    const pending = pick(await explained(requireUnchanged), 'pending', to)
    return pending.map(migration => plan(migration, 'up'))
  }

  async function planDown(to?: number): Promise<Planned[]> {
    return toUndo(await explained(states), to).map(migration => plan(migration, 'down'))
  }

  function explained<T>(work: () => Promise<T>): Promise<T> {
    return work().catch(async (error: unknown) => {
      throw await explainRefusal(sql, error)
    })
  }

  function alone<T>(work: () => Promise<T>): Promise<T> {
    return explained(() => withMigrationLock({ sql, waitMs: turnWaitMs, tell }, work))
  }

  async function each(chosen: readonly Migration[], direction: Direction): Promise<Done[]> {
    const done: Done[] = []
    for (const migration of chosen)
      done.push(await runStep({ sql, tell, lockWaitMs, tellEveryMs }, migration, direction))
    return done
  }

  async function states(): Promise<MigrationState[]> {
    return compare(known, await readLedger(sql))
  }

  async function requireUnchanged(): Promise<MigrationState[]> {
    const all = await states()
    const changed = all.filter(({ state }) => state === 'changed')
    if (changed.length > 0) throw drifted(changed)
    return all
  }

  function pick(all: readonly MigrationState[], state: MigrationState['state'], to: number) {
    const versions = new Set(
      all.filter(it => it.state === state && it.version <= to).map(({ version }) => version),
    )
    return known.filter(({ version }) => versions.has(version))
  }

  function toUndo(all: readonly MigrationState[], to: number | undefined): Migration[] {
    const applied = all.filter(({ state }) => state !== 'pending')
    const latest = applied.at(-1)?.version ?? 0
    const downTo = to ?? Math.max(0, ...applied.map(it => it.version).filter(it => it < latest))
    const unknown = applied.filter(it => it.state === 'unknown' && it.version > downTo)
    if (unknown.length > 0) throw tooNew(unknown)
    const versions = new Set(applied.map(({ version }) => version))
    return known.filter(it => versions.has(it.version) && it.version > downTo).toReversed()
  }

  function requireKnown(to: number) {
    if (to === Infinity || known.some(({ version }) => version === to)) return
    throw new DatabaseFailure(
      `There is no migration ${to}.`,
      `The versions are ${known.map(({ version }) => version).join(', ')}.`,
    )
  }
}

const plan = (migration: Migration, direction: Direction): Planned => ({
  version: migration.version,
  name: migration.name,
  direction,
  sql: migration[direction],
})

const names = (of: readonly MigrationState[]) =>
  of.map(({ version, name }) => `${version} (${name})`).join(', ')

const drifted = (changed: readonly MigrationState[]) =>
  new DatabaseFailure(
    `Migration ${names(changed)} was applied from another text than this Zerg has.`,
    'A migration that was applied is never edited: restore its text, and put the change into a new one. Where the data is of no value, begin with an empty database.',
  )

const tooNew = (unknown: readonly MigrationState[]) =>
  new DatabaseFailure(
    `Migration ${names(unknown)} was applied by a newer Zerg, and this one cannot take it back.`,
    'Run `zerg migrate down` of the version that applied it.',
  )

/** SQL as it would be sent, for people to read and to run elsewhere. */
export const renderPlan = (planned: readonly Planned[]): string =>
  planned
    .map(({ version, name, direction, sql }) => {
      const mode = isTransactional(sql) ? 'in a transaction' : 'without a transaction'
      return `-- ${direction} ${version} ${name}, ${mode}\n${sql.trim()}\n`
    })
    .join('\n')
