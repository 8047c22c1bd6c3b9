-- One row for each life of a process: opened at its start, filled in at its end. Nobody scrapes the
-- dead, so whoever lives on takes up what a row says (`taken_by`) and adds it to its own counters;
-- exactly one does, so that a sum over instances counts each end once.
create table process_runs (
  id uuid not null,
  -- Host and process id, for people.
  instance text not null,
  version text not null,
  started_at timestamptz(3) not null default now(),
  -- Renewed every few seconds. A row without a report that was not renewed is an unclean end.
  seen_at timestamptz(3) not null default now(),
  ended_at timestamptz(3),
  report jsonb,
  taken_by uuid,
  constraint process_runs_pkey primary key (id)
);

-- Few rows: old ones are deleted at every start. So no index but this one, for the latest ends.
create index process_runs_ended_at_idx on process_runs (ended_at desc) where ended_at is not null;
