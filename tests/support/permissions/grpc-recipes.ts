// How each method is called: the smallest request that it would carry out, on the rows of a world.

import { PROJECTS } from '#features/projects/index.ts'
import { TASKS } from '#features/tasks/index.ts'
import { idToBytes } from '#lib/id.ts'
import type { Rule } from '#lib/rule.ts'
import {
  BatchGetRequest,
  BatchGetResponse,
  CreateRequest,
  DeleteByIdRequest,
  GetByIdRequest,
  GetByIdResponse,
  ListRequest,
  ListResponse,
  ListStreamRequest,
  ListStreamResponse,
  ReplaceRequest,
  UpdateByIdRequest,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { type Asked, hasScope } from './expectation.ts'
import { relationsOf, type World } from './world.ts'

export type GrpcRecipe = Omit<Asked, 'rule'> & {
  /** Where the rule that decides is not the method's own. */
  rule?: Rule
  request(world: World): Uint8Array
  /** Whether one of these messages shows what was asked for. */
  shows?(answers: readonly Buffer[], world: World): boolean
}

const aTask = { subject: 'task', seen: TASKS.read, hidden: 'task_not_found' } as const

const idOf = (id: string) => Buffer.from(idToBytes(id))
const isTask =
  ({ task }: World) =>
  ({ id }: { id: Buffer }) =>
    id.equals(idOf(task))

/** By the method's own name: the service answers under two. Some are called in several ways. */
export const GRPC_RECIPES: Readonly<Record<string, readonly GrpcRecipe[]>> = {
  Create: [
    {
      subject: 'nothing',
      makes: true,
      request: () => encode(CreateRequest, { title: 'Made' }),
    },
    {
      rule: TASKS.place,
      subject: 'project',
      makes: true,
      hidden: 'reference_not_found',
      seen: who =>
        relationsOf('project', who.person).some(relation => SEEING.includes(relation)) ||
        (who.identity?.roles.some(role => role !== 'user') === true && hasScope(who, TASKS.read)),
      request: ({ project }) =>
        encode(CreateRequest, { title: 'Placed', projectId: idOf(project) }),
    },
  ],
  GetById: [
    {
      ...aTask,
      request: ({ task }) => encode(GetByIdRequest, { id: idOf(task) }),
      shows: ([answer], world) => isTask(world)(GetByIdResponse.decode(answer!)),
    },
  ],
  DeleteById: [{ ...aTask, request: ({ task }) => encode(DeleteByIdRequest, { id: idOf(task) }) }],
  UpdateById: [
    {
      ...aTask,
      request: ({ task }) => encode(UpdateByIdRequest, { id: idOf(task), title: 'Changed' }),
    },
    // Taking back what is not done, for which the task is read first.
    {
      ...aTask,
      request: ({ task }) => encode(UpdateByIdRequest, { id: idOf(task), completed: false }),
    },
  ],
  List: [
    {
      subject: 'task',
      isList: true,
      request: () => encode(ListRequest, {}),
      shows: ([answer], world) => ListResponse.decode(answer!).data.some(isTask(world)),
    },
    {
      subject: 'task',
      isList: true,
      request: ({ project }) => encode(ListRequest, { projectId: idOf(project) }),
      shows: ([answer], world) => ListResponse.decode(answer!).data.some(isTask(world)),
    },
  ],
  ListStream: [
    {
      subject: 'task',
      isList: true,
      request: () => encode(ListStreamRequest, {}),
      shows: (answers, world) =>
        answers.map(answer => ListStreamResponse.decode(answer)).some(isTask(world)),
    },
  ],
  BatchGet: [
    {
      subject: 'task',
      isList: true,
      request: ({ task }) => encode(BatchGetRequest, { ids: [idOf(task)] }),
      shows: ([answer], world) => BatchGetResponse.decode(answer!).data.some(isTask(world)),
    },
  ],
  Replace: [
    {
      ...aTask,
      request: ({ task, project, people }) =>
        encode(ReplaceRequest, {
          id: idOf(task),
          title: 'Replaced',
          projectId: idOf(project),
          assigneeId: idOf(people.assignee),
        }),
    },
  ],
}

const SEEING: readonly string[] = PROJECTS.read.relations

type Codec<Message> = {
  encode(message: Message): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Message
}

// No bytes are a message with nothing in it.
const encode = <Message>(codec: Codec<Message>, given: Partial<Message>): Uint8Array =>
  codec.encode({ ...codec.decode(new Uint8Array()), ...given }).finish()
