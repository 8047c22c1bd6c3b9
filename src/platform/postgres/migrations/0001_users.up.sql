-- Whom owners, assignees and members refer to. Until Zerg knows identities there is one built-in
-- row, and everybody acts as it (src/lib/caller.ts has the same id).
create table users (
  id uuid not null,
  name text not null,
  -- Milliseconds are what the API shows; keeping no more makes a cursor built from an answer exact.
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint users_pkey primary key (id)
);

insert into users (id, name) values ('00000000-0000-7000-8000-000000000001', 'Built-in user');
