// CPU time of a process, and of each request that it answers while wrk asks.

import { readdirSync, readFileSync } from 'node:fs'
import { authorization } from '../lab/credentials.ts'

const TICKS_PER_S = 100

/** User and system time of a process so far, in microseconds (Linux). */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_S) * 1e6
}

/**
 * Time of the threads that a process has at the moment, in microseconds, to the nanosecond (Linux):
 * the time above is counted in ticks, of which a few seconds of work spread over many processes have
 * too few. Undefined where the process has gone.
 */
export function exactCpuUs(pid: number | string): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const [ran = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
      return sum + Number(ran) / 1_000
    }, 0)
  } catch {
    return undefined
  }
}

/** Resident memory in MB (Linux). */
export function residentMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? Number.NaN) / 1024
}

export type Cost = { cpuUsPerRequest: number; requestsPerS: number; errors: number }

export type Loaded = {
  pid: number
  url: string
  key?: string
}

/** Loads the URL for a while with 50 connections and says what each request cost the process. */
export async function costOf({ pid, url, key }: Loaded, seconds: number): Promise<Cost> {
  const before = cpuUs(pid)
  const headers = Object.entries(authorization(key)).flatMap(header => ['-H', header.join(': ')])
  const load = ['wrk', '-t2', '-c50', `-d${seconds}s`, ...headers, url]
  const wrk = Bun.spawn(load, { stdout: 'pipe' })
  const out = await new Response(wrk.stdout).text()
  if ((await wrk.exited) !== 0) throw new Error(`wrk failed: ${out}`)
  const used = cpuUs(pid) - before
  const requests = Number(/(\d+) requests in/.exec(out)?.[1])
  const errors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0)
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1])
  return { cpuUsPerRequest: used / requests, requestsPerS: rate, errors }
}

export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
