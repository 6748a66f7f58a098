"""Tables, queries, session scope, migrations."""
