// Completions for fish.

import type { Completed, Flag } from './model.ts'

export const fish = (
  points: readonly Completed[],
): string => `# zerg completions for fish: zerg completion fish | source
function __zerg_words
    set -l words (commandline -opc)
    for word in $words[2..-1]
        string match -q -- '-*' $word; and break
        echo $word
    end
end
function __zerg_at
    set -l words (__zerg_words)
    test "$words" = "$argv"
end
function __zerg_in
    set -l words (__zerg_words)
    string match -q -- "$argv *" "$words "
end
complete -c zerg -f
${points.flatMap(lines).join('\n')}
`

const quoted = (text: string) =>
  `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`

function lines({ name, words, flags }: Completed): string[] {
  const at = quoted(`__zerg_at ${quoted(name)}`)
  const inside = name === '' ? at : quoted(`__zerg_in ${quoted(name)}`)
  return [
    ...words.map(
      ([word, text]) => `complete -c zerg -n ${at} -a ${quoted(word)}${described(text)}`,
    ),
    ...flags.map(
      flag =>
        `complete -c zerg -n ${inside} -l ${flag.name.slice(2)}${valueOf(flag)}${described(flag.text)}`,
    ),
  ]
}

const described = (text: string) => (text === '' ? '' : ` -d ${quoted(text)}`)

function valueOf({ takes, values }: Flag): string {
  if (takes === 'nothing') return ''
  return takes === 'file' ? ' -rF' : ` -x -a ${quoted(values.join(' '))}`
}
