-- Work that comes round at intervals: who does it at the moment, when it is due again, and how it
-- went last. One row for each task, whatever the number of instances.
--
-- A lease instead of an advisory lock: it holds behind a pooler in transaction mode, needs no
-- connection for as long as the work takes, and keeps the interval for all instances together.
create table periodic_tasks (
  name text collate "C" not null,
  -- Host, process and a mark of this life of it, for people.
  holder text,
  -- Until then nobody else begins; whoever is at work renews it.
  -- In the past from the beginning: `now()` would be rounded, perhaps up.
  lease_until timestamptz(3) not null default '-infinity',
  due_at timestamptz(3) not null default '-infinity',
  started_at timestamptz(3),
  finished_at timestamptz(3),
  succeeded_at timestamptz(3),
  duration_ms integer,
  -- Of the last run; null where it went well.
  error text,
  runs bigint not null default 0,
  failures bigint not null default 0,
  constraint periodic_tasks_pkey primary key (name)
)
-- Updated every second or so: each update then stays within its page.
with (fillfactor = 50);
