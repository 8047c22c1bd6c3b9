drop function audit_make_partitions(integer);
drop function audit_make_partition(date);
drop function audit_guard(regclass, text);
drop table audit_anchors;
drop table audit_seals;
drop table audit_entries;
drop function audit_refuse();
