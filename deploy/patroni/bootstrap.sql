-- Run once, by Patroni, in a database cluster that has just been made: the store's user and its two databases.
-- Each service owns its database and never opens the other's.
CREATE ROLE bazar LOGIN PASSWORD '$bazar_password';
-- A writer that froze with its transaction open must let go of the locks (docs/protocol.md, rule 11).
ALTER ROLE bazar SET idle_in_transaction_session_timeout = '5s';
CREATE DATABASE catalog OWNER bazar;
CREATE DATABASE orders OWNER bazar;
REVOKE CONNECT, TEMPORARY ON DATABASE catalog, orders FROM PUBLIC;
\connect catalog
ALTER SCHEMA public OWNER TO bazar;
\connect orders
ALTER SCHEMA public OWNER TO bazar;
