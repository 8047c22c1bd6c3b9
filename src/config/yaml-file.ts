// A YAML file of settings as texts, each with its line.

import { readFileSync, statSync } from 'node:fs'
import { nearest } from '#lib/suggest.ts'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Pair, YAMLMap } from 'yaml'
import type { ConfigProblem } from './problem.ts'
import { settings } from './settings.ts'

export type FileText = { text: string; line: number }

export type YamlFile = {
  /** By key: `http.port`. */
  texts: ReadonlyMap<string, FileText>
  problems: readonly ConfigProblem[]
}

const FILE_BYTES_MAX = 1024 ** 2

/** `shown` is the path as it was given; `askedBy` tells who named it: its absence is a problem then. */
export function readYamlFile(path: string, shown: string, askedBy?: string): YamlFile {
  const problem = (reason: string, fix: string) => ({
    texts: new Map<string, FileText>(),
    problems: [{ name: 'ZERG_CONFIG', value: shown, source: askedBy ?? 'file', reason, fix }],
  })
  try {
    if (statSync(path).size > FILE_BYTES_MAX)
      return problem('is larger than 1MiB', 'Name a file of settings.')
    return textsOf(readFileSync(path, 'utf8'), shown)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    if (code === 'ENOENT' && askedBy === undefined) return { texts: new Map(), problems: [] }
    return problem(
      code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`,
      'Name a file that this user may read, or leave the setting out.',
    )
  }
}

type Walk = {
  document: Document
  lineOf(node: unknown): number
  texts: Map<string, FileText>
  complain(name: string, line: number, reason: string, fix: string): void
}

function textsOf(source: string, shown: string): YamlFile {
  const lineCounter = new LineCounter()
  const document = parseDocument(source, { lineCounter, prettyErrors: false })
  const problems: ConfigProblem[] = []
  const texts = new Map<string, FileText>()
  const walk: Walk = {
    document,
    texts,
    lineOf: node => lineCounter.linePos((node as { range?: [number] }).range?.[0] ?? 0).line,
    // oxlint-disable-next-line max-params
    complain: (name, line, reason, fix) =>
      problems.push({ name, value: null, source: `${shown}:${line}`, reason, fix }),
  }
  for (const { code, pos } of document.errors) {
    // The parser's own words quote the file, which may hold a secret.
    const { line, col } = lineCounter.linePos(pos[0])
    const reason = `is not valid YAML at column ${col}: ${code.toLowerCase().replaceAll('_', ' ')}`
    walk.complain(shown, line, reason, 'Correct this line.')
  }
  if (problems.length > 0) return { texts, problems }

  const { contents } = document
  if (isMap(contents)) readMap(walk, contents, '')
  else if (contents !== null && !(isScalar(contents) && contents.value === null))
    walk.complain(
      shown,
      1,
      'holds no settings',
      'Write keys such as `http:` with `port: 8080` below.',
    )
  return { texts, problems }
}

function readMap(walk: Walk, map: YAMLMap, group: string): void {
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '?'
    const key = group === '' ? name : `${group}.${name}`
    const line = walk.lineOf(pair.key)
    if (settings.some(setting => setting.key === key)) readSetting(walk, pair, { key, line })
    else if (group === '' && settings.some(setting => setting.group === key))
      readGroup(walk, pair, { key, line })
    else walk.complain(key, line, 'is not a known setting', didYouMean(name, group))
  }
}

type At = { key: string; line: number }

function readGroup(walk: Walk, { value }: Pair, { key, line }: At): void {
  const node = resolved(walk, value)
  if (isMap(node)) readMap(walk, node, key)
  else if (node !== null && !(isScalar(node) && node.value === null))
    walk.complain(
      key,
      line,
      'is a group of settings',
      `Write them below it, indented: ${keysOf(key).join(', ')}.`,
    )
}

function readSetting(walk: Walk, { value }: Pair, { key, line }: At): void {
  const node = resolved(walk, value)
  const nodes = isSeq(node) ? node.items.map(item => resolved(walk, item)) : [node]
  const parts = nodes.map(textOf)
  if (parts.includes(undefined))
    walk.complain(
      key,
      line,
      'has keys below it but takes one value',
      'Write the value on the same line.',
    )
  // A key without a value is like a key that is not there.
  else if (isSeq(node) || parts[0] !== null) walk.texts.set(key, { text: parts.join(','), line })
}

const resolved = ({ document }: Walk, node: unknown): unknown =>
  isAlias(node) ? (node.resolve(document) ?? null) : node

/** Null where there is no value, undefined where it is not a single one. */
function textOf(node: unknown): string | null | undefined {
  if (node === null) return null
  if (!isScalar(node)) return undefined
  if (typeof node.value === 'string') return node.value
  // As it was written: 1e3 stays 1e3.
  return node.value === null ? null : (node.source ?? String(node.value))
}

function didYouMean(name: string, group: string): string {
  const byOtherName = settings.find(({ setting }) => setting.name === name || setting.flag === name)
  const meant = byOtherName?.key ?? nearest(name, keysOf(group))
  return meant ? `Did you mean ${meant}?` : `Known here: ${keysOf(group).join(', ')}.`
}

/** The keys that a group takes; those of the top for ''. */
const keysOf = (group: string): string[] => {
  const below = settings
    .filter(placed => placed.group === group)
    .map(({ key }) => key.slice(key.indexOf('.') + 1))
  const groups = settings.map(placed => placed.group).filter(name => name !== '')
  return group === '' ? [...below, ...new Set(groups)] : below
}
