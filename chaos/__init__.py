"""The chaos test: clients book few employees and rooms while every process is killed, paused and cut off.

record      the record of a run: requests and answers, faults, and the final state
stage       the processes as in production, each behind its own proxies; with `actor`, `proxy` and `receiver`
faults      the kinds of faults, and the plan of faults that follows from a seed
nemesis     carries out the plan, with `clocks`, `database` and `unruly` (misbehaving clients: `misbehaviour`)
stalls      records when the machine is busy with something else
cast        the clients of a run, with their `tokens`
quiet       a well-behaved client, which must be served in time
service     an API client that retries as it should, and records every exchange
customers   the requests of customers, for the offers in `world`
witness     a table to which the database itself writes every change of a row
settle      after the last fault: repeat requests without an outcome, wait until all is quiet, record the final state
checker     decides from the record alone which guarantees were broken
"""
