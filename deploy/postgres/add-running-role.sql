-- Creates the role that API and workers log in as. Run it once as a superuser, in the database that `bookme` owns:
--   psql --dbname bookme --set ON_ERROR_STOP=1 --set password=… --file add-running-role.sql
-- `bookme migrate` then grants this role the rows of all tables.

-- Whoever may log in as the owner sees and ends the sessions of API and workers.
CREATE ROLE bookme_app LOGIN PASSWORD :'password' ROLE bookme;

-- PostgreSQL 14 lets everybody create tables; later versions do not.
GRANT CREATE ON SCHEMA public TO bookme;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
