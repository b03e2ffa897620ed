-- Run once by a database administrator, in the database `releasegate`, before the first start.
-- Three roles that hold rights and cannot log in, and three logins that use them. Nobody but the owner may
-- change or delete what stands in the audit log, and no process runs as the owner but the one that migrates.
-- Give each login a password of its own: ALTER ROLE gate_web PASSWORD '…';

CREATE ROLE releasegate_owner NOLOGIN;
CREATE ROLE releasegate_app NOLOGIN;
CREATE ROLE releasegate_sealer NOLOGIN;

CREATE ROLE gate_owner LOGIN NOINHERIT IN ROLE releasegate_owner;
CREATE ROLE gate_web LOGIN IN ROLE releasegate_app;
CREATE ROLE gate_sealer LOGIN IN ROLE releasegate_sealer;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO releasegate_owner;
