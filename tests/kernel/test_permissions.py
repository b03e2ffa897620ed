"""Who has which power: the page a security reviewer reads, held against what must never be on it."""

import pytest

from kernel.permissions import (
    ACCOUNT_MANAGER,
    ADMINISTRATOR,
    AUDITOR,
    RELEASE_MANAGER,
    ROLE_PERMISSIONS,
    ROLES,
    SCOPES,
    WINDOW_MANAGER,
    Permission,
    only_audits,
)

P = Permission
# What changes who may decide, or what they decide by.
CONFIGURES = {
    P.ACCOUNT_MANAGE,
    P.APPLICATION_MANAGE,
    P.CHANGE_CONFIRM,
    P.ENVIRONMENT_MANAGE,
    P.GROUP_MANAGE,
    P.PERSON_MANAGE,
    P.PIPELINE_MANAGE,
    P.TEAM_MANAGE,
    P.TOKEN_MANAGE,
}
# What moves releases, or goes past a gate.
DELIVERS = {P.BREAK_GLASS, P.DEPLOYMENT_REQUEST, P.DEPLOYMENT_RESOLVE, P.DEPLOYMENT_CANCEL, P.RELEASE_CUT}


def test_whoever_configures_the_gates_delivers_nothing_through_them():
    assert ROLE_PERMISSIONS[ADMINISTRATOR] >= CONFIGURES
    assert not DELIVERS & ROLE_PERMISSIONS[ADMINISTRATOR]


@pytest.mark.parametrize("role", [AUDITOR, RELEASE_MANAGER, WINDOW_MANAGER, "team"])
def test_nobody_but_an_administrator_configures(role):
    assert not CONFIGURES & ROLE_PERMISSIONS[role]


def test_two_roles_have_one_power_each():
    assert ROLE_PERMISSIONS[ACCOUNT_MANAGER] == {P.ACCOUNT_MANAGE}
    assert ROLE_PERMISSIONS[WINDOW_MANAGER] == {P.CALENDAR_MANAGE}


def test_the_log_is_read_by_auditors_who_do_nothing_else():
    readers = {role for role, powers in ROLE_PERMISSIONS.items() if P.AUDIT_READ in powers}
    assert (readers, ROLE_PERMISSIONS[AUDITOR]) == ({AUDITOR}, {P.AUDIT_READ, P.SEE_EVERYTHING})


def test_the_glass_is_broken_and_doubt_resolved_by_release_managers_only():
    for power in (P.BREAK_GLASS, P.DEPLOYMENT_RESOLVE):
        assert {role for role, powers in ROLE_PERMISSIONS.items() if power in powers} == {RELEASE_MANAGER}


def test_a_team_may_nothing_that_a_release_manager_may_not_and_sees_only_its_own():
    assert ROLE_PERMISSIONS["team"] < ROLE_PERMISSIONS[RELEASE_MANAGER]
    assert P.SEE_EVERYTHING not in ROLE_PERMISSIONS["team"]


def test_every_power_is_somebodys_and_every_row_is_of_a_role_or_the_team():
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == set(Permission)
    assert set(ROLE_PERMISSIONS) == {*ROLES, "team"}


def test_powers_stand_in_the_order_a_reader_looks_for_them():
    assert [p.name for p in Permission] == sorted(p.name for p in Permission)


def test_no_scope_of_a_token_is_a_power_of_a_role():
    assert not set(SCOPES) & {str(permission) for permission in Permission}


@pytest.mark.parametrize(
    ("roles", "answer"),
    [((), False), (["auditor"], True), ({"auditor"}, True), (["auditor", "administrator"], False)],
)
def test_only_who_is_nothing_but_an_auditor_only_audits(roles, answer):
    assert only_audits(roles) is answer
