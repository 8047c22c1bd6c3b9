// What is made from the schema can be used as it is.

import { expect, test } from 'bun:test'
import { stringify } from 'yaml'
import { configurationPage, envExample } from '#config/describe.ts'
import { jsonSchema } from '#config/json-schema.ts'
import { loadConfig, readConfig } from '#config/load.ts'
import { settings } from '#config/settings.ts'
import { folderWith, removeFolders } from '../../support/config-folder.ts'

removeFolders()

const usual = () => loadConfig({ environment: {}, folder: folderWith() }).config

test('.env.example with every line switched on is the default configuration', () => {
  const lines = envExample().matchAll(/^#([A-Z_]+)=(.*)$/gm)
  const environment = Object.fromEntries([...lines].map(([, name, value]) => [name!, value!]))
  expect(Object.keys(environment).length).toBeGreaterThan(settings.length)
  expect(loadConfig({ environment, folder: folderWith() }).config).toEqual(usual())
})

test('a file with every default of the JSON Schema is the default configuration', () => {
  type Node = { default?: unknown; properties?: Record<string, Node> }
  const valueOf = ({ properties, default: fallback }: Node): unknown =>
    properties
      ? Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, valueOf(node)]))
      : fallback
  const folder = folderWith({ 'zerg.yaml': stringify(valueOf(jsonSchema())) })
  const { config, problems } = readConfig({ environment: {}, folder })
  expect(problems).toEqual([])
  expect(config).toEqual(usual())
})

test('the JSON Schema knows every setting and refuses every other key', () => {
  const { properties } = jsonSchema() as { properties: Record<string, { properties?: object }> }
  const keys = Object.entries(properties).flatMap(([key, node]) =>
    node.properties ? Object.keys(node.properties).map(name => `${key}.${name}`) : [key],
  )
  expect(keys.toSorted()).toEqual(settings.map(({ key }) => key).toSorted())
  expect(JSON.stringify(jsonSchema()).match(/"additionalProperties":false/g)).toHaveLength(
    1 + Object.values(properties).filter(node => node.properties).length,
  )
})

test('the page has every setting with its flag and its key', () => {
  const page = configurationPage()
  for (const { setting, key } of settings)
    expect(page).toContain(`\`${setting.name}\`<br>\`--${setting.flag}\`<br>\`${key}\``)
})

test('no two settings share a name, a flag or a key', () => {
  for (const of of [
    settings.map(({ setting }) => setting.name),
    settings.map(({ setting }) => setting.flag),
    settings.map(({ key }) => key),
  ])
    expect(new Set(of).size).toBe(of.length)
})
