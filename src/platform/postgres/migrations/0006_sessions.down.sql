drop table revocations;
drop table signing_keys;
drop table sign_in_failures;
drop table sign_in_places;
drop table sessions;
drop table user_identities;
