-- Who is signed in, by which keys tokens are signed, what was revoked, and who fails to sign in.
--
-- About `collate "C"`, checks instead of enums, and times in milliseconds see 0001 and 0002.

-- Accounts at the company's own identity provider, and which user each is here.
create table user_identities (
  issuer text collate "C" not null,
  subject text collate "C" not null,
  user_id uuid not null,
  created_at timestamptz(3) not null default now(),
  constraint user_identities_pkey primary key (issuer, subject),
  constraint user_identities_user_id_fkey foreign key (user_id) references users (id)
    on delete cascade
);
create index user_identities_user_id_idx on user_identities (user_id);

-- A session is also the family of its refresh tokens. A token names the family and one member of
-- it; the present member refreshes, and any other one was used before: the family ends. So a
-- session is one row however often it is refreshed. Only hashes (SHA-256) of the random parts are
-- here: they are 256 bits each, which no slow hash would protect better.
create table sessions (
  id uuid not null,
  user_id uuid not null,
  family_hash bytea not null,
  member_hash bytea not null,
  -- The one before, for a client that was never told of its successor.
  previous_hash bytea,
  rotated_at timestamptz(3) not null default now(),
  created_at timestamptz(3) not null default now(),
  -- When it ends if nobody refreshes it, and never later than its longest life.
  expires_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  -- Where it was made and last refreshed from, and by what, for whoever looks for a stranger.
  address text,
  user_agent text,
  constraint sessions_pkey primary key (id),
  constraint sessions_family_hash_key unique (family_hash),
  constraint sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint sessions_user_agent_check check (char_length(user_agent) <= 256)
);
create index sessions_user_id_idx on sessions (user_id, created_at, id);
create index sessions_expires_at_idx on sessions (expires_at);

-- Networks that a user has signed in from, so that strangers who guess at the account do not slow
-- its owner down.
create table sign_in_places (
  user_id uuid not null,
  network text collate "C" not null,
  seen_at timestamptz(3) not null default now(),
  constraint sign_in_places_pkey primary key (user_id, network),
  constraint sign_in_places_user_id_fkey foreign key (user_id) references users (id)
    on delete cascade
);

-- One row for each account, address, or both, that fails; forgotten after a while, so that they are
-- at most as many as passwords can be checked in that time. `subject` is a keyed hash: this table
-- is no list of who was tried.
create table sign_in_failures (
  subject bytea not null,
  failures integer not null,
  failed_at timestamptz(3) not null,
  -- No attempt is looked at before.
  waits_until timestamptz(3) not null,
  constraint sign_in_failures_pkey primary key (subject)
);
create index sign_in_failures_failed_at_idx on sign_in_failures (failed_at);

-- The keys that tokens are signed with. `sealed` is a JWK, encrypted and bound to the other columns
-- by a key that is not in the database: who may only write here cannot plant a key of their own.
create table signing_keys (
  id text collate "C" not null,
  created_at timestamptz(3) not null default now(),
  -- Published from the beginning, so that whoever verifies knows it before it is used.
  signs_from timestamptz(3) not null,
  -- Null while it is in use.
  verifies_until timestamptz(3),
  sealed bytea not null,
  constraint signing_keys_pkey primary key (id)
);

-- What is good no more, for every instance to follow. Rows are of interest for minutes: an instance
-- that starts knows nothing that it would have to forget.
create table revocations (
  id bigint generated always as identity,
  kind text collate "C" not null,
  subject_id uuid not null,
  -- The moment of the statement, not of the transaction's begin.
  created_at timestamptz(3) not null default clock_timestamp(),
  constraint revocations_pkey primary key (id),
  constraint revocations_kind_check check (kind in ('session', 'user', 'key', 'signing-keys'))
);
create index revocations_created_at_idx on revocations (created_at);
