drop table periodic_tasks;
