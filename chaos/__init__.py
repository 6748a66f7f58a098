"""The chaos test: clients book few employees and rooms while every process is killed, paused and cut off.

record, report, run, final_state
            the record of a run and its report; a whole run; and what is recorded after the last fault
stack       the processes as in production, their control, a receiver of webhooks, and an audit table of row changes
faults      the plan of faults that follows from a seed, the nemesis that carries it out, and the kinds of faults
clients     customers, a quiet client and unruly clients, with the API client that all of them use
checker     decides from the record alone which guarantees were broken
"""
