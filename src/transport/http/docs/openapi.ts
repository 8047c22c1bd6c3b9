// The parts of an OpenAPI 3.1 document that Zerg writes, as types.

export type JsonSchema = { readonly [keyword: string]: unknown }

export type Reference = { $ref: string }

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  required: boolean
  schema: JsonSchema
  example?: unknown
}

export type Header = { description: string; schema: JsonSchema; example?: unknown }

export type Example = { summary?: string; value: unknown }

export type Content = { schema: JsonSchema; examples?: Record<string, Example | Reference> }

export type Response = {
  description: string
  headers?: Record<string, Reference>
  content?: Record<string, Content>
}

export type RequestBody = { required: boolean; content: Record<string, Content> }

export type PathOperation = {
  operationId: string
  summary: string
  description: string
  tags: string[]
  /** The scopes that a key needs. */
  security: Record<string, string[]>[]
  parameters?: (Parameter | Reference)[]
  requestBody?: RequestBody
  responses: Record<string, Response>
}

export type Components = {
  schemas: Record<string, JsonSchema>
  parameters: Record<string, Parameter>
  headers: Record<string, Header>
  examples: Record<string, Example>
  securitySchemes: Record<string, SecurityScheme>
}

export type SecurityScheme = {
  type: 'http'
  scheme: 'bearer'
  description: string
}

export type OpenApiDocument = {
  openapi: string
  info: {
    title: string
    version: string
    description: string
    license: { name: string; identifier: string }
  }
  servers: { url: string; description: string }[]
  security: Record<string, string[]>[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, PathOperation>>
  components: Components
}
