-- Keys that services and people call the API with. Of a secret there is only its SHA-256: it has so
-- much chance in it that a slow hash would protect nothing, and a lookup by an index tells by its
-- time nothing that helps to guess.
--
-- About `collate "C"`, checks instead of enums, and times in milliseconds see 0001 and 0002.
create table api_keys (
  id uuid not null,
  -- Whose rows the key reaches, and whose roles it has.
  user_id uuid not null,
  name text not null,
  -- How the secret begins, so that people can tell one key from another.
  prefix text collate "C" not null,
  hash bytea not null,
  scopes text[] collate "C" not null,
  expires_at timestamptz(3),
  -- Written every few seconds for all keys at once, so that it may be a little old.
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  -- The secret before the last rotation, which works until then: whoever uses it has that long to
  -- change over. The row stays the same, and with it the key's id in limits and in the audit log.
  previous_hash bytea,
  overlap_until timestamptz(3),
  rotated_at timestamptz(3),
  version integer not null default 1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint api_keys_pkey primary key (id),
  constraint api_keys_hash_key unique (hash),
  -- A user who goes takes their keys along.
  constraint api_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint api_keys_name_check check (char_length(name) between 1 and 100),
  constraint api_keys_hash_check check (octet_length(hash) = 32),
  constraint api_keys_scopes_check check (cardinality(scopes) > 0),
  constraint api_keys_overlap_check check ((previous_hash is null) = (overlap_until is null))
);

create unique index api_keys_previous_hash_idx on api_keys (previous_hash)
  where previous_hash is not null;

-- The list of all keys, and that of one user's. The id makes the order total.
create index api_keys_created_at_idx on api_keys (created_at, id);
create index api_keys_user_id_created_at_idx on api_keys (user_id, created_at, id);
