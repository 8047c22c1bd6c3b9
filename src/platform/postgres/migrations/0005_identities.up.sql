-- Users become people who sign in, and services that act by keys.
--
-- About `collate "C"`, checks instead of enums, and times in milliseconds see 0001 and 0002.
alter table users
  -- Folded by the application (lower case, NFC), so that a person has one account whatever they
  -- type. Null for services, and for users of an identity provider that tells none.
  add column email text collate "C",
  add column roles text[] collate "C" not null default '{user}',
  add column is_active boolean not null default true,
  add column last_login_at timestamptz(3),
  -- Argon2id, with its parameters. Null where nobody signs in here: services, users of an identity
  -- provider, and whoever has not chosen a password yet.
  add column password_hash text collate "C",
  -- Grows with every change; what ETag and If-Match compare.
  add column version integer not null default 1,
  add constraint users_email_key unique (email),
  add constraint users_email_check check (char_length(email) between 3 and 254),
  add constraint users_name_check check (char_length(name) between 1 and 200),
  add constraint users_roles_check check (
    cardinality(roles) between 1 and 3 and roles <@ array['user', 'auditor', 'admin']
  );

-- For lists, and for the one question of who is left to administrate. Users are few and change
-- seldom; the filters of a list are checked along the order of creation.
create index users_created_at_idx on users (created_at, id);
create index users_admins_idx on users (created_at, id) where 'admin' = any (roles);
create index users_auditors_idx on users (created_at, id) where 'auditor' = any (roles);

-- Nobody is the built-in user any more, and what it owns stays where it is: without an e-mail
-- address, a password or a place among the active, it is nobody who could sign in.
update users set is_active = false where id = '00000000-0000-7000-8000-000000000001';
