"""BookMe beside other ways to build the same booking: how fast each is, and which faults each survives.

apps            the same small service with PostgreSQL alone, with DBOS and with Restate
peer            a running service: its processes, its requests, and the queries for its final state
stacks          starts each service
restate_server  the binary of the Restate server, from npm
lives           clients: each life reserves, books and creates a meeting, or abandons its hold, or races
speed           rates, times and CPU time
survival        kills processes while clients work
verdict         compares what clients were told with what the database has
"""
