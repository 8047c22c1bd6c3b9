-- Tasks, and the words of their titles to search by.
--
-- About `collate "C"`, checks instead of enums, and times in milliseconds see 0001 and 0002.
create table tasks (
  id uuid not null,
  title text not null,
  description text not null default '',
  status text collate "C" not null default 'todo',
  priority text collate "C" not null default 'medium',
  completed_at timestamptz(3),
  project_id uuid,
  assignee_id uuid,
  due_date timestamptz(3),
  owner_id uuid not null,
  version integer not null default 1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  -- The title's words, folded (src/lib/words.ts), each once and in order. Made by the application,
  -- since lower() and normalize() differ between databases and their locales.
  words text[] collate "C" not null default '{}',
  constraint tasks_pkey primary key (id),
  -- No cascade: a project with tasks is not deleted by accident.
  constraint tasks_project_id_fkey foreign key (project_id) references projects (id),
  constraint tasks_assignee_id_fkey foreign key (assignee_id) references users (id),
  constraint tasks_owner_id_fkey foreign key (owner_id) references users (id),
  -- The API refuses these first and says why; here they hold for every other hand.
  constraint tasks_title_check check (char_length(title) between 1 and 255),
  constraint tasks_description_check check (char_length(description) <= 10000),
  constraint tasks_status_check check (status in ('todo', 'in_progress', 'done')),
  constraint tasks_priority_check check (priority in ('low', 'medium', 'high', 'urgent')),
  constraint tasks_completed_at_check check ((completed_at is not null) = (status = 'done'))
);

-- Every filter has an index in every order, so that a page costs what is on it, however many tasks
-- there are and however rare what is asked for: an index of the order alone would be walked from
-- end to end to find the one urgent task among a million.
--
-- What that costs: a new or changed task writes to each of them (`updated_at` stands in several, so
-- that no update stays within its page). Inserting a task takes the database about 0.15 ms, words
-- included, and a task takes about 1 KiB in indexes. Reads outnumber writes by far in what this
-- serves, and a list that gets slower with every task is what people remember. To save what can be
-- saved:
--   * `completed` has none: it is asked for by the statuses that it stands for;
--   * tasks without a project or an assignee are not in the indexes of those;
--   * several filters at once use the index of one and check the others on the way;
--   * an index is walked in both directions, and tasks without a due date, which come last in both,
--     are read separately from the same index (src/features/tasks/listing.ts).

-- For lists without a condition, which say `version > 0` to be allowed these. Lists with one leave
-- it out, so that PostgreSQL cannot walk along all tasks in the hope of soon meeting enough that fit:
-- it expects them to be spread evenly, and the urgent ones may all be at the far end.
create index tasks_created_at_idx on tasks (created_at, id) where version > 0;
create index tasks_updated_at_idx on tasks (updated_at, id) where version > 0;
create index tasks_due_date_idx on tasks (due_date, id) where version > 0;

create index tasks_status_created_at_idx on tasks (status, created_at, id);
create index tasks_status_updated_at_idx on tasks (status, updated_at, id);
create index tasks_status_due_date_idx on tasks (status, due_date, id);

create index tasks_priority_created_at_idx on tasks (priority, created_at, id);
create index tasks_priority_updated_at_idx on tasks (priority, updated_at, id);
create index tasks_priority_due_date_idx on tasks (priority, due_date, id);

create index tasks_project_id_created_at_idx on tasks (project_id, created_at, id)
  where project_id is not null;
create index tasks_project_id_updated_at_idx on tasks (project_id, updated_at, id)
  where project_id is not null;
create index tasks_project_id_due_date_idx on tasks (project_id, due_date, id)
  where project_id is not null;

create index tasks_assignee_id_created_at_idx on tasks (assignee_id, created_at, id)
  where assignee_id is not null;
create index tasks_assignee_id_updated_at_idx on tasks (assignee_id, updated_at, id)
  where assignee_id is not null;
create index tasks_assignee_id_due_date_idx on tasks (assignee_id, due_date, id)
  where assignee_id is not null;

create index tasks_owner_id_created_at_idx on tasks (owner_id, created_at, id);
create index tasks_owner_id_updated_at_idx on tasks (owner_id, updated_at, id);
create index tasks_owner_id_due_date_idx on tasks (owner_id, due_date, id);

-- A statement that is planned for whichever project comes is planned for the average one, whose few
-- tasks might as well be read all and sorted. Most requests are for the large ones: expect those.
alter table tasks
  alter column project_id set (n_distinct = 20),
  alter column assignee_id set (n_distinct = 20),
  alter column owner_id set (n_distinct = 20);

-- The search index: one row for each word of each title, in the order that results come in. It has
-- no foreign key, which would need a second index as large as the first; the triggers below keep it
-- in step with `tasks.words`, by which its rows are found again.
create table task_words (
  word text collate "C" not null,
  task_id uuid not null,
  constraint task_words_pkey primary key (word, task_id)
);

-- Triggers rather than statements of the application: whoever writes to tasks, the search follows,
-- in the same statement and without another round trip.
create function tasks_words_changed() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from task_words
    where task_id = old.id
      and word = any (old.words)
      and (tg_op = 'DELETE' or word <> all (new.words));
  end if;
  if tg_op <> 'DELETE' then
    insert into task_words (word, task_id)
    select unnest(new.words), new.id
    on conflict do nothing;
  end if;
  return null;
end
$$;

create trigger tasks_words_inserted_or_deleted after insert or delete on tasks
  for each row execute function tasks_words_changed();

create trigger tasks_words_updated after update of words on tasks
  for each row when (old.words is distinct from new.words)
  execute function tasks_words_changed();
