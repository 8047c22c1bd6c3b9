// Every way in and what it asks of whoever comes: routes of the public port, methods of the gRPC port.

import { type AnyElysia, Elysia } from 'elysia'
import type { GrpcService } from '#transport/grpc/service.ts'
import { accessesOf, type RouteRule } from '#transport/http/access.ts'

export { OPEN, SIGNED_IN } from '#transport/http/access.ts'

export type Doorway = {
  door: 'http' | 'grpc'
  /** `GET /api/v1/tasks/:id` or `tasks.v1.TasksService/GetById`. */
  name: string
  rule: RouteRule
}

/** @throws Error where a route states no rule. */
export function doorwaysOf(routes: readonly AnyElysia[], services: readonly GrpcService[]) {
  const app = new Elysia()
  for (const plugin of routes) app.use(plugin)
  const kept = app.routes.map(({ method, path, hooks }) => ({
    method,
    path,
    detail: hooks.detail as unknown,
  }))
  const http = [...accessesOf(kept)].map(([name, { rule }]): Doorway => ({
    door: 'http',
    name,
    rule,
  }))
  const grpc = services.flatMap(({ methods }) =>
    methods.map(({ label, access }): Doorway => ({ door: 'grpc', name: label, rule: access.rule })),
  )
  return [...http, ...grpc]
}
