"""The same small booking service three times: with PostgreSQL alone, with DBOS and with Restate.

database    what all three share: tables with an exclusion constraint, and one SQL function for each step
plain       FastAPI and the database
with_dbos   a DBOS workflow for each booking
with_restate    a Restate virtual object for each booking

Each module is a program. Its environment has `PEER_DATABASE_URL`, `PEER_PORT`, `PEER_TTL` (seconds that a hold lasts)
and perhaps `PEER_RECEIVER` (an address that is told of each meeting, after the client was answered).
"""
