-- Projects and who belongs to them.
--
-- Texts that are compared or sorted are `collate "C"`: an index then depends on no library of the
-- operating system, so that a new one cannot reorder it, and its order is the same on every
-- machine, embedded or not. Sorting by name is therefore by code point: Z comes before a.
create table projects (
  id uuid not null,
  name text collate "C" not null,
  description text not null default '',
  -- A text with a check rather than an enum: a word can be added or dropped by changing a constraint.
  status text collate "C" not null default 'active',
  owner_id uuid not null,
  -- Grows with every change; what ETag and If-Match compare.
  version integer not null default 1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint projects_pkey primary key (id),
  -- Also what the list of an owner's projects by name walks along.
  constraint projects_owner_id_name_key unique (owner_id, name),
  constraint projects_owner_id_fkey foreign key (owner_id) references users (id),
  -- The API refuses these first and says why; here they hold for every other hand.
  constraint projects_name_check check (char_length(name) between 1 and 100),
  constraint projects_description_check check (char_length(description) <= 10000),
  constraint projects_status_check check (status in ('active', 'archived'))
);

-- One index for each filter in each order. Each ends in the id, which makes the order total, and
-- is walked backwards for the descending one. Projects are few and change seldom, so that a write
-- may well pay for all of them.
create index projects_created_at_idx on projects (created_at, id);
create index projects_updated_at_idx on projects (updated_at, id);
create index projects_name_idx on projects (name, id);
create index projects_status_created_at_idx on projects (status, created_at, id);
create index projects_status_updated_at_idx on projects (status, updated_at, id);
create index projects_status_name_idx on projects (status, name, id);
create index projects_owner_id_created_at_idx on projects (owner_id, created_at, id);
create index projects_owner_id_updated_at_idx on projects (owner_id, updated_at, id);

create table project_members (
  project_id uuid not null,
  user_id uuid not null,
  role text collate "C" not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  -- Also the order of a project's list of members.
  constraint project_members_pkey primary key (project_id, user_id),
  constraint project_members_project_id_fkey foreign key (project_id) references projects (id)
    on delete cascade,
  constraint project_members_user_id_fkey foreign key (user_id) references users (id),
  constraint project_members_role_check check (role in ('owner', 'editor', 'viewer'))
);

-- Without it, deleting a user would read every membership to see whether one refers to them.
create index project_members_user_id_idx on project_members (user_id);
