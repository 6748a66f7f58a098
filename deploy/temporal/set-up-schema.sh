#!/bin/sh
# Brings Temporal's two databases to the schema of this image. Running it again changes nothing.
set -eu

schema=/etc/temporal/schema/postgresql/v12

set_up() {
  tool="temporal-sql-tool --plugin $DB --endpoint $POSTGRES_SEEDS --port $DB_PORT --user $POSTGRES_USER --database $1"
  $tool setup-schema --version 0.0
  $tool update-schema --schema-dir "$schema/$2/versioned"
}

set_up "$DBNAME" temporal
set_up "$VISIBILITY_DBNAME" visibility
