-- The audit log: what was done, by whom, on what, from where, and with what outcome. docs/audit.md
-- says what it proves.
--
-- Entries are written in the statement or transaction of the change itself, so this table is built
-- for cheap inserts: no trigger fires on them, nothing refers to anything else, and every index
-- grows mostly at its right edge.

-- Not an identity: partitions have those only since PostgreSQL 17.
create sequence audit_entries_seq_seq;

create table audit_entries (
  -- Unique, and in order of asking; gaps say nothing, since a change that is rolled back leaves one.
  seq bigint not null default nextval('audit_entries_seq_seq'),
  at timestamptz(3) not null default now(),
  -- The transaction that wrote it. What is older than every open transaction can get no
  -- predecessor any more, and may be sealed.
  xid xid8 not null default pg_current_xact_id(),
  -- Who. Null where there is no such id: nobody signed in, or the command line beside the data.
  caller_kind text collate "C" not null,
  caller_id uuid,
  user_id uuid,
  session_id uuid,
  -- From where.
  via text collate "C" not null,
  address text collate "C",
  request_id text collate "C" not null,
  trace_id text collate "C",
  -- What, and on what.
  action text collate "C" not null,
  kind text collate "C" not null,
  subject_id text collate "C",
  project_id uuid,
  outcome text collate "C" not null default 'done',
  reason text,
  before jsonb,
  after jsonb,
  -- No checks of what is written by nobody but our own statements: PostgreSQL makes each of them
  -- ready anew for every statement that inserts, and three cost a third of an entry.
  constraint audit_entries_pkey primary key (at, seq)
) partition by range (at);

alter sequence audit_entries_seq_seq owned by audit_entries.seq;

-- For the sealer and for verification, which go by (xid, seq).
create index audit_entries_xid_seq_idx on audit_entries (xid, seq);

-- For reading, the latest first: one for each filter whose matches may lie far apart.
create index audit_entries_subject_id_idx on audit_entries (subject_id, at, seq)
  where subject_id is not null;
create index audit_entries_user_id_idx on audit_entries (user_id, at, seq)
  where user_id is not null;
-- A user who acts is found by the index above; a key acts for the user that it belongs to.
create index audit_entries_key_id_idx on audit_entries (caller_id, at, seq)
  where caller_kind = 'key';
create index audit_entries_action_idx on audit_entries (action, at, seq);
create index audit_entries_kind_idx on audit_entries (kind, at, seq);
create index audit_entries_request_id_idx on audit_entries (request_id);
-- Most that was tried was done: those need no index to be found.
create index audit_entries_outcome_idx on audit_entries (outcome, at, seq)
  where outcome <> 'done';

-- Where the partition of a month is missing, its entries come here: no write is ever refused for it.
create table audit_entries_default partition of audit_entries default;

-- The chain. A seal holds a number of entries in the order (xid, seq), each with the hash of what it
-- says (src/platform/audit/chain.ts). A key that is not in here signs its head.
create table audit_seals (
  -- Without gaps. Two sealers at once would want the same number, and only one gets it.
  number bigint not null,
  sealed_at timestamptz(3) not null default now(),
  -- Counts up when the database was moved to a server that counts transactions from the beginning.
  era integer not null,
  -- Entries up to this one belong to earlier eras.
  era_seq bigint not null,
  -- The position of the last entry in it.
  last_xid xid8 not null,
  last_seq bigint not null,
  -- The latest `at` of its entries: what tells when it may be forgotten.
  last_at timestamptz(3) not null,
  -- How many entries it holds, and how many the chain up to and with it.
  entries integer not null,
  total bigint not null,
  -- For each entry 56 bytes: xid, seq, at in milliseconds (8 each), sha-256 of its content (32).
  links bytea not null,
  head bytea not null,
  key_id text collate "C" not null,
  signature bytea not null,
  constraint audit_seals_pkey primary key (number)
);

-- Hashes do not compress; trying would cost.
alter table audit_seals alter column links set storage external;

-- Where the chain begins since older entries were pruned.
create table audit_anchors (
  -- The last seal that was pruned, and its head.
  number bigint not null,
  made_at timestamptz(3) not null default now(),
  -- Entries from before this moment may be missing.
  pruned_before timestamptz(3) not null,
  era integer not null,
  era_seq bigint not null,
  last_xid xid8 not null,
  last_seq bigint not null,
  total bigint not null,
  head bytea not null,
  key_id text collate "C" not null,
  signature bytea not null,
  constraint audit_anchors_pkey primary key (number, pruned_before)
);

-- Append-only for every hand, the owner's too, unless maintenance says that it is at work. The role
-- that serves lacks the rights as well (`zerg migrate grant`), so that saying so gives it nothing.
create function audit_refuse() returns trigger language plpgsql as $$
begin
  if current_setting('zerg.audit_maintenance', true) = 'on' then
    return old;
  end if;
  raise exception 'the audit log is append-only: % on % is refused', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;

-- For each row, since only such triggers pass to partitions; inserts fire none.
create trigger audit_entries_append_only before update or delete on audit_entries
  for each row execute function audit_refuse();
create trigger audit_seals_append_only before update or delete on audit_seals
  for each row execute function audit_refuse();
create trigger audit_anchors_append_only before update or delete on audit_anchors
  for each row execute function audit_refuse();

-- Takes from everybody but the owner what default privileges gave them, but for `rights`, which
-- whoever could insert keeps. Also sees to it that the table is not truncated.
create function audit_guard(guarded regclass, rights text) returns void language plpgsql as $$
declare
  who record;
begin
  execute format(
    'create trigger audit_no_truncate before truncate on %s
       for each statement execute function audit_refuse()', guarded);
  for who in
    select case when acl.grantee = 0 then 'public' else format('%I', pg_get_userbyid(acl.grantee)) end
             as name,
           bool_or(acl.privilege_type = 'INSERT') as inserts
    from pg_class, aclexplode(relacl) as acl
    where oid = guarded and acl.grantee <> relowner
    group by acl.grantee
  loop
    execute format('revoke all on %s from %s', guarded, who.name);
    if who.inserts and rights <> '' then
      execute format('grant %s on %s to %s', rights, guarded, who.name);
    end if;
  end loop;
end
$$;

-- Makes the partition of a month, and moves there what the default one has caught meanwhile. It
-- never waits long for its lock: whoever waits makes every writer wait behind it.
create function audit_make_partition(month date) returns void
language plpgsql set lock_timeout = '400ms' as $$
declare
  name text := 'audit_entries_' || to_char(month, '"y"YYYY"m"MM');
  since timestamptz := month::timestamp at time zone 'UTC';
  until timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
begin
  execute format('create table %I (like audit_entries including defaults including constraints)', name);
  -- The whole table, and not just its default part: an entry that waits for that one has chosen it
  -- already, and would be refused once it has moved on.
  lock table audit_entries in access exclusive mode;
  perform set_config('zerg.audit_maintenance', 'on', true);
  execute format(
    'with moved as (delete from audit_entries_default where at >= %L and at < %L returning *)
     insert into %I select * from moved', since, until, name);
  perform set_config('zerg.audit_maintenance', '', true);
  execute format(
    'alter table audit_entries attach partition %I for values from (%L) to (%L)', name, since, until);
  perform audit_guard(name::regclass, '');
end
$$;

-- Partitions of this month and of as many after it. Returns how many were missing. The role that
-- serves may make these, though it may create nothing: a month that nobody prepared fills the
-- default partition.
create function audit_make_partitions(ahead integer) returns integer
language plpgsql security definer as $$
declare
  this date := date_trunc('month', now() at time zone 'UTC')::date;
  month date;
  made integer := 0;
begin
  for step in 0 .. least(greatest(ahead, 0), 24) loop
    month := (this + make_interval(months => step))::date;
    if to_regclass('audit_entries_' || to_char(month, '"y"YYYY"m"MM')) is null then
      perform audit_make_partition(month);
      made := made + 1;
    end if;
  end loop;
  return made;
end
$$;

-- Whoever calls it must not be able to put another table before ours.
do $$
begin
  execute format(
    'alter function audit_make_partitions(integer) set search_path = %I, pg_temp', current_schema());
end
$$;

revoke execute on function audit_make_partition(date), audit_guard(regclass, text) from public;

select
  audit_guard('audit_entries', 'select, insert (caller_kind, caller_id, user_id, session_id, via,
    address, request_id, trace_id, action, kind, subject_id, project_id, outcome, reason, before,
    after)'),
  audit_guard('audit_entries_default', ''),
  audit_guard('audit_seals', 'select, insert'),
  audit_guard('audit_anchors', 'select');

-- At once, while nobody writes; later months are made ahead of their time.
select audit_make_partitions(2);
