// What an operator's command works on: the API, wherever its data is. An instance that is named, or
// that has this data directory, is asked over HTTP; without one the application is opened in this
// process, without doors. Either way the command says the same and gets the same answers.

import { AppError } from '#lib/errors.ts'
import { isErrorCode } from '#lib/error-codes.ts'
import { CommandError } from '../exit.ts'
import { settingFlags } from '../setting-flags.ts'
import { chooseWay } from './way.ts'

export type Operator = {
  /** What the API answers; `path` is below /api/v1. @throws AppError as the API said it */
  ask<T>(method: Method, path: string, body?: object): Promise<T>
  /** Page after page of a list, as long as somebody wants the next one. */
  pages<T>(path: string, query?: Query): AsyncGenerator<readonly T[]>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Query = Readonly<Record<string, string | undefined>>

/** Sends a request for a whole path, such as `/api/v1/keys`. */
export type Send = (path: string, request: RequestInit) => Promise<Response>

type Args = Readonly<Record<string, unknown>>

export const operatorFlags = {
  url: {
    type: 'string',
    valueHint: 'url',
    description: 'The instance to ask, as https://zerg.example.com (ZERG_URL).',
  },
  'key-file': {
    type: 'string',
    valueHint: 'file',
    description: 'File with the API key for it (ZERG_KEY_FILE); ZERG_KEY may hold the key itself.',
  },
  json: { type: 'boolean', description: 'Print JSON.' },
  ...settingFlags,
} as const

/** For the details of each such command. */
export const OPERATOR_DETAILS =
  'Asks the instance that --url names, else the one that runs on this data directory, else opens the data itself.'

/** Opens the way, and closes it after `work`. @throws CommandError or what opening says. */
export async function withOperator<T>(args: Args, work: (operator: Operator) => Promise<T>) {
  const way = await chooseWay(args)
  try {
    return await work(createOperator(way.send))
  } finally {
    await way.close()
  }
}

export function createOperator(send: Send): Operator {
  return { ask, pages }

  async function ask<T>(method: Method, path: string, body?: object): Promise<T> {
    const answer = await send(`/api/v1${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    const text = await answer.text()
    if (!answer.ok) throw refusal(answer.status, text)
    return (text === '' ? undefined : parse(text)) as T
  }

  async function* pages<T>(path: string, query: Query = {}): AsyncGenerator<readonly T[]> {
    let cursor: string | undefined
    do {
      const page: Page<T> = await ask('GET', `${path}${queryText({ ...query, cursor })}`)
      yield page.data
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
  }
}

type Page<T> = { data: readonly T[]; next_cursor: string | null }

export function queryText(query: Query): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function refusal(status: number, text: string): Error {
  const { code, detail, errors = [] } = (parse(text) ?? {}) as Partial<ProblemAnswer>
  if (code !== undefined && isErrorCode(code) && detail !== undefined)
    return new AppError(code, detail, { errors })
  return new CommandError(`It answered ${status}, which is no answer of Zerg’s API.`, {
    fix: 'Check the address: --url names the root of an instance, without a path.',
  })
}

type ProblemAnswer = {
  code: string
  detail: string
  errors: { pointer?: string; parameter?: string; detail: string }[]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
