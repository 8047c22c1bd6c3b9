// The settings as documents: the page `docs/configuration.md` and the file `.env.example`.

import { type Environment, type Setting } from './kinds.ts'
import { fileVariable, type Placed, settings } from './settings.ts'

const TITLES: Readonly<Record<string, string>> = {
  '': 'The process',
  http: 'HTTP',
  grpc: 'gRPC',
  tasks_service: 'Tasks service',
  database: 'PostgreSQL',
  embedded: 'Embedded database',
  lifecycle: 'Start and stop',
  log: 'Log',
}

const groups = [...new Set(settings.map(({ group }) => group))].map(group => ({
  title: TITLES[group] ?? group,
  members: settings.filter(placed => placed.group === group),
}))

/** `docs/configuration.md`. */
export const configurationPage = (): string =>
  [INTRODUCTION, ...groups.map(({ title, members }) => `## ${title}\n\n${tableOf(members)}`)].join(
    '\n\n',
  ) + '\n'

function tableOf(members: readonly Placed[]): string {
  const lines = members.map(placed => {
    const { setting, key } = placed
    const names = [code(setting.name), code(`--${setting.flag}`), code(key)].join('<br>')
    return `| ${names} | ${defaultsOf(setting)} | ${escaped(textOf(setting))} |`
  })
  return ['| setting, flag, key | default | meaning |', '| --- | --- | --- |', ...lines].join('\n')
}

function defaultsOf(setting: Setting<unknown>): string {
  const others = Object.entries(setting.defaults ?? {}) as [Environment, unknown][]
  return [
    shownDefault(setting, setting.default),
    ...others.map(([mode, value]) => `${mode}: ${shownDefault(setting, value)}`),
  ].join('<br>')
}

function shownDefault({ kind }: Setting<unknown>, value: unknown): string {
  const shown = value === undefined ? '' : kind.show(value)
  return shown === '' ? 'empty' : code(shown)
}

function textOf(setting: Setting<unknown>): string {
  const { text, kind, secret, reloadable } = setting
  return [
    text,
    kind.choices && kind.choices.length > 2 ? `One of ${kind.choices.map(code).join(', ')}.` : '',
    secret ? `Secret: \`${fileVariable(setting)}\` may name a file that holds it instead.` : '',
    reloadable ? 'Could change while running.' : '',
  ]
    .filter(part => part !== '')
    .join(' ')
}

const code = (text: string) => `\`${text}\``
const escaped = (text: string) => text.replaceAll('|', String.raw`\|`)

const INTRODUCTION = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run generate\`.

## Where values come from

A setting has an environment variable, a flag of \`zerg serve\`, and a key in a YAML file. The first of
these that has a value wins:

1. the flag, as \`--port=8080\`; switches as \`--ephemeral\` and \`--no-ephemeral\`;
2. the environment variable, as \`PORT=8080\`; an empty one counts as not set;
3. the file \`zerg.<environment>.yaml\` beside the next one, for example \`zerg.production.yaml\`;
4. the file that \`--config\` or \`ZERG_CONFIG\` names, else \`zerg.yaml\` where Zerg is started, if there is one;
5. the default, which for some settings depends on the environment (\`ZERG_ENV\`).

Zerg reads no \`.env\` file. Durations are written \`250ms\`, \`15s\`, \`5m\` or \`1h\`, sizes \`512KiB\` or \`1MiB\`,
lists with commas (in a file also as YAML lists). A secret may be given by a file: \`DATABASE_URL_FILE\`
names one whose content, without spaces and line ends around it, is the value of \`DATABASE_URL\`.

\`\`\`yaml
# zerg.yaml
http:
  port: 8080
  request_timeout: 15s
database:
  pool_max: 20
log:
  level: info
\`\`\`

## Looking at it

- \`zerg config check\` tells every problem at once, each with its source, reason and fix, and ends with 0,
  or with 78 if there are any. With \`--connect\` it also tries the database and the Tasks service.
- \`zerg config show\` prints each value and where it came from; secrets are masked.
- \`zerg config schema > zerg.schema.json\` is for editors; begin \`zerg.yaml\` with
  \`# yaml-language-server: $schema=zerg.schema.json\`.

A name that begins with \`ZERG_\` but is not a setting, an unknown key in a file, a value of the wrong
kind and settings that contradict each other are problems, and \`zerg serve\` does not start with one.
What Kubernetes puts into containers about a Service called \`zerg\` (\`ZERG_SERVICE_HOST\` and the like) is
left alone.

## Environments

\`ZERG_ENV\` is \`development\`, \`test\`, \`staging\` or \`production\`. \`production\` refuses, by name and with the fix:

- the embedded database: \`DATABASE_URL\` has to be set, \`ZERG_EPHEMERAL\` and \`ZERG_EMBEDDED_SYNC=false\` must not;
- TLS to PostgreSQL that verifies nobody (\`ZERG_DATABASE_TLS\` of \`disable\`, \`prefer\` or \`require\`), unless
  the database is on the same machine;
- a database password that is missing, is the user’s name, or is among those that are guessed first.

Every port binds to loopback until \`HOST\` says otherwise (in a container: \`HOST=0.0.0.0\`, or \`HOST=::\`
for IPv4 and IPv6).`

/** `.env.example`: every setting with its default, commented out. */
export const envExample = (): string =>
  [
    '# Settings as environment variables. Generated by `npm run generate`; docs/configuration.md says more.',
    '# Zerg reads no .env file by itself: `set -a; . ./.env; set +a`, or `docker run --env-file .env`.',
    ...groups.map(({ title, members }) => `\n# ${title}\n${members.map(example).join('\n')}`),
  ].join('\n') + '\n'

function example({ setting }: Placed): string {
  const value = setting.default === undefined ? '' : setting.kind.show(setting.default)
  const alone = setting.secret ? `\n#${fileVariable(setting)}=` : ''
  return `# ${setting.text}\n#${setting.name}=${value}${alone}`
}
