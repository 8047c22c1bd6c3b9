// Completions for zsh, sourced or from a folder in fpath.

import type { Completed } from './model.ts'

export const zsh = (points: readonly Completed[]): string => `#compdef zerg
# zerg completions for zsh: source <(zerg completion zsh)
_zerg() {
  local cmd= cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} flag= i
  local -a found shown
  for ((i = 2; i < CURRENT; i++)); do
    case "$cmd\${cmd:+ }\${words[i]}" in
      ${points
        .filter(({ name }) => name !== '')
        .map(({ name }) => quoted(name))
        .join('|')}) cmd="$cmd\${cmd:+ }\${words[i]}" ;;
      *) break ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    flag=\${cur%%=*}
    compset -P '*='
  else
    flag=$prev
  fi
  case "$cmd/$flag" in
${points.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$cmd" in
${points.map(flagCase).join('\n')}
    esac
    compadd -d shown -S '' -- $found
    return
  fi
  case "$cmd" in
${points.map(wordCase).join('\n')}
  esac
  compadd -l -d shown -- $found
}
if [[ $funcstack[1] == _zerg ]]; then _zerg "$@"; else compdef _zerg zerg; fi
`

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

const array = (texts: readonly string[]) => `(${texts.map(quoted).join(' ')})`

const valueCases = ({ name, flags }: Completed) =>
  flags
    .filter(({ takes }) => takes !== 'nothing')
    .map(flag => {
      const what =
        flag.takes === 'file' ? '_files' : `compadd -- ${flag.values.map(quoted).join(' ')}`
      return `    ${quoted(`${name}/${flag.name}`)}) ${what}; return ;;`
    })

function flagCase({ name, flags }: Completed): string {
  const words = flags.map(flag => (flag.takes === 'nothing' ? flag.name : `${flag.name}=`))
  const shown = flags.map(flag => `${flag.name}  ${flag.text}`)
  return `      ${quoted(name)}) found=${array(words)} shown=${array(shown)} ;;`
}

function wordCase({ name, words }: Completed): string {
  const shown = words.map(([word, text]) => (text === '' ? word : `${word}  ${text}`))
  return `    ${quoted(name)}) found=${array(words.map(([word]) => word))} shown=${array(shown)} ;;`
}
