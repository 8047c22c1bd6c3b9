// A script that teaches a shell to complete commands, flags and values.

import { command } from '../command.ts'
import { FAMILIES, rows } from '../commands.ts'
import { bash } from '../completion/bash.ts'
import { fish } from '../completion/fish.ts'
import { completions } from '../completion/model.ts'
import { zsh } from '../completion/zsh.ts'
import { checkChoice } from '../arguments.ts'
import { print } from '../output/print.ts'

const shells = { bash, zsh, fish } as const
const isShell = (name: string): name is keyof typeof shells => Object.hasOwn(shells, name)
const names = Object.keys(shells)

export default command({
  examples: [
    ['source <(zerg completion bash)', 'In ~/.bashrc.'],
    ['source <(zerg completion zsh)', 'In ~/.zshrc, after compinit.'],
    ['zerg completion fish | source', 'In ~/.config/fish/config.fish.'],
  ],
  completes: { shell: names },
  args: {
    shell: { type: 'positional', required: true, description: `One of ${names.join(', ')}.` },
  },
  async run({ args }) {
    if (!isShell(args.shell)) return checkChoice('SHELL', args.shell, names)
    return print(shells[args.shell](await completions(rows, FAMILIES)))
  },
})
