// Completions for bash, from 3.2 (macOS) on; needs no bash-completion.

import type { Completed } from './model.ts'

export const bash = (
  points: readonly Completed[],
): string => `# zerg completions for bash: source <(zerg completion bash)
_zerg() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} cmd= i
  # bash makes three words of --flag=value.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$cmd\${cmd:+ }\${COMP_WORDS[i]}" in
      ${points
        .filter(({ name }) => name !== '')
        .map(({ name }) => quoted(name))
        .join('|')}) cmd="$cmd\${cmd:+ }\${COMP_WORDS[i]}" ;;
      *) break ;;
    esac
  done
  COMPREPLY=()
  case "$cmd/$prev" in
${points.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$cmd" in
${points.map(flagCase).join('\n')}
    esac
    if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
    return
  fi
  case "$cmd" in
${points.map(wordCase).join('\n')}
  esac
}
complete -o default -F _zerg zerg
`

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

const reply = (words: readonly string[]) =>
  `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))`

const valueCases = ({ name, flags }: Completed) =>
  flags
    .filter(({ takes }) => takes !== 'nothing')
    .map(flag => {
      const what =
        flag.takes === 'file' ? 'COMPREPLY=($(compgen -f -- "$cur"))' : reply(flag.values)
      return `    ${quoted(`${name}/${flag.name}`)}) ${what}; return ;;`
    })

const flagCase = ({ name, flags }: Completed) =>
  `      ${quoted(name)}) ${reply(flags.map(flag => (flag.takes === 'nothing' ? flag.name : `${flag.name}=`)))} ;;`

const wordCase = ({ name, words }: Completed) =>
  `    ${quoted(name)}) ${reply(words.map(([word]) => word))} ;;`
