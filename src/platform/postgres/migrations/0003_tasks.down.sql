-- The triggers go with their table; the function stands alone.
drop table tasks;
drop table task_words;
drop function tasks_words_changed();
