"""Many clients book on few employees and rooms while everything under them is killed, paused and cut off.

record      what is written down: requests and answers, faults, and what was found afterwards
stage       the processes as production has them, each behind proxies of its own; `actor`, `proxy`, `receiver`
faults      the kinds of faults, and the plan of them by a seed
nemesis     carries the plan out, with `clocks`, `database` and `unruly` (clients that misbehave: `misbehaviour`)
stalls      notes when the machine is busy with something else
cast        the clients of a run, with their `tokens`
quiet       a client that behaves well, and must be served in time
service     a client that asks again like a good one, and writes everything down
customers   what they ask for, of what there is in the `world`
witness     a table of every change of every row, which the database itself writes
settle      afterwards: ask again what is unknown, wait until nothing goes on, look
checker     decides from the record alone what was broken
"""
