drop table process_runs;
