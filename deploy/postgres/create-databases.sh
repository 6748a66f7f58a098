#!/bin/sh
# Runs once, when the data directory is new: one database and two roles for BookMe, and one role for Temporal's two.
set -eu

psql --set ON_ERROR_STOP=1 --username postgres \
  --set owner="$BOOKME_MIGRATION_DATABASE_PASSWORD" --set temporal="$TEMPORAL_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE bookme LOGIN PASSWORD :'owner';
CREATE DATABASE bookme OWNER bookme;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL

psql --set ON_ERROR_STOP=1 --username postgres --dbname bookme \
  --set password="$BOOKME_DATABASE_PASSWORD" --file /bookme/add-running-role.sql
