-- What was answered under an Idempotency-Key, kept for a day so that a repetition gets the same
-- answer. A row is written in the transaction of the change itself: it is there exactly if the
-- change is. Who holds the advisory lock of a key is about to write its row.
create table idempotency_keys (
  -- The user or the key (API) that acted. No reference: the row is gone in a day anyway.
  caller_id uuid not null,
  key text collate "C" not null,
  -- SHA-256 of what was asked, in hexadecimal: another body under the same key is refused.
  fingerprint text collate "C" not null,
  -- JSON as text, since jsonb would reorder its members. Null where there was nothing to answer.
  result text,
  created_at timestamptz(3) not null default now(),
  constraint idempotency_keys_pkey primary key (caller_id, key),
  constraint idempotency_keys_key_check check (key ~ '^[ -~]{1,255}$'),
  constraint idempotency_keys_fingerprint_check check (length(fingerprint) = 64)
);

-- For those that have expired.
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
