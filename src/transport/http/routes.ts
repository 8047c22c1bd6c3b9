// How a feature mounts its routes: one Elysia plugin a feature, made here so that all behave alike.
//
//     export const taskRoutes = ({ tasks }: { tasks: Tasks }) =>
//       createRoutes('tasks')
//         .get(
//           '/tasks/:id',
//           async ({ request, params }) => {
//             const task = await tasks.get(callOf(request), readId(params.id))
//             return answerRead(request, task, { version: task.version })
//           },
//           { detail: documented({ … }) },
//         )
//         .post(
//           '/tasks',
//           async ({ request }) => {
//             const task = await tasks.create(callOf(request), await readJson(request))
//             return answerCreated(request, task, {
//               location: `/api/v1/tasks/${task.id}`,
//               version: task.version,
//             })
//           },
//           { detail: documented({ … }) },
//         )
//
// Rules: handlers are `async` arrows that destructure what they take (Elysia reads their text, and
// one that is not async may reject past `onError`); they never mention `body`, `query` or `headers`
// of Elysia's context; what they throw is an AppError; HEAD, OPTIONS, 405 and 404 come by themselves.

import { Elysia } from 'elysia'

/** Routes under `/api/v1`, or under another prefix ('' for none). */
export const createRoutes = <const Prefix extends string = '/api/v1'>(
  name: string,
  prefix?: Prefix,
) => new Elysia({ name, prefix: (prefix ?? '/api/v1') as Prefix, normalize: false })
