"""Three roles on PostgreSQL: the owner migrates, the application adds events, the sealer adds leaves.

Nobody but the owner can UPDATE, DELETE, TRUNCATE or ALTER a table of the log, and no process runs as the
owner.
"""

APP, OWNER, SEALER = "releasegate_app", "releasegate_owner", "releasegate_sealer"
ROLES = (APP, OWNER, SEALER)

_ADD = {"audit_auditevent", "audit_opening"}  # whoever acts adds events
_SEAL = {"audit_leaf", "audit_node", "audit_checkpoint"}  # the sealer alone adds these
_BOTH = {"audit_sealerstate", "kernel_clockoffset", "django_migrations"}


def role_sql(role: str) -> str:
    """Create `role` without the right to log in, unless it exists; a login role is then made a member of
    it."""
    _known(role)
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
        f"THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
    )


def grant_sql(tables: list[str], sequences: list[str], schema: str = "public") -> list[str]:
    """Everything the two working roles may do with these `tables` and `sequences`, said from nothing, so that
    running it again after a migration gives the same rights and no more."""
    statements = [f'GRANT USAGE ON SCHEMA "{schema}" TO {APP}, {SEALER}']
    for table in sorted(tables):
        statements.append(f'REVOKE ALL ON TABLE "{schema}"."{table}" FROM PUBLIC, {APP}, {SEALER}')
        for role, rights in ((APP, _app_rights(table)), (SEALER, _sealer_rights(table))):
            if rights:
                statements.append(f'GRANT {rights} ON TABLE "{schema}"."{table}" TO {role}')
    grant = f'GRANT USAGE, SELECT ON SEQUENCE "{schema}".'
    return statements + [f'{grant}"{sequence}" TO {APP}, {SEALER}' for sequence in sorted(sequences)]


def owner_sql(tables: list[str], schema: str = "public") -> list[str]:
    """Make the owner role the owner of `tables` and of the function of the triggers."""
    statements = [f'GRANT USAGE, CREATE ON SCHEMA "{schema}" TO {OWNER}']
    statements += [f'ALTER TABLE "{schema}"."{table}" OWNER TO {OWNER}' for table in sorted(tables)]
    statements.append(f'ALTER FUNCTION "{schema}".audit_refuse() OWNER TO {OWNER}')
    return statements


def _app_rights(table: str) -> str:
    if table in _ADD:
        return "INSERT, SELECT"
    if table in _SEAL or table == "django_migrations":
        return "SELECT"
    return "SELECT, INSERT, UPDATE, DELETE"


def _sealer_rights(table: str) -> str:
    if table in _ADD | _SEAL:
        return "INSERT, SELECT"
    if table == "audit_sealerstate":
        return "SELECT, INSERT, UPDATE"
    return "SELECT" if table in _BOTH else ""


def _known(role: str) -> None:
    if role not in ROLES:
        raise ValueError(f"{role!r} is not one of our roles")
