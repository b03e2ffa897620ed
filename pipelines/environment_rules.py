"""What must hold for an environment before it is written, new or changed. Reads only."""

from kernel.refusals import Invalid
from pipelines.errors import wrong
from pipelines.gates import gate_errors, named_groups
from pipelines.models import Environment
from pipelines.queries import current_pipelines
from pipelines.satisfiability import cases_of, first_impossible
from teams.models import Group
from teams.names import is_name

LANES = ("supersede", "queue", "reject")
HIGHEST_RANK = 1_000_000
FIELDS = ("region", "rank", "tier", "protected", "default_open", "gate", "lane", "previews")
FIELDS += ("break_glass", "overdue_review")
OVERDUE = ("warn", "block")


def as_data(environment: Environment) -> dict:
    """The environment as audit events hold it: its settings, the account by its 12 digits."""
    values = {field: getattr(environment, field) for field in FIELDS}
    return {"account": environment.account.account_id, **values}


def environment_errors(environment: Environment) -> list[dict]:
    """`account_unknown`, `region_invalid`, `account_unproved`, `rank_invalid`, `rank_taken`, `lane_invalid`,
    `tier_invalid` and those of the gate."""
    errors = _place(environment) + _rank(environment)
    if environment.lane not in LANES:
        errors.append(wrong("/lane", "lane_invalid", f"A lane is one of {', '.join(LANES)}."))
    if environment.tier and not is_name(environment.tier):
        errors.append(wrong("/tier", "tier_invalid", "A tier has small letters, digits and hyphens."))
    if environment.break_glass not in (1, 2):
        detail = "One or two release managers break the glass."
        errors.append(wrong("/break_glass", "break_glass_invalid", detail))
    if environment.overdue_review not in OVERDUE:
        detail = f"An overdue review is one of {', '.join(OVERDUE)}."
        errors.append(wrong("/overdue_review", "overdue_review_invalid", detail))
    return errors + gate_errors(environment.gate, groups=_groups(environment.gate))


def _groups(gate: dict) -> set[str]:
    return set(Group.objects.filter(pk__in=named_groups(gate)).values_list("pk", flat=True))


def _place(environment: Environment) -> list[dict]:
    if environment.account_id is None:
        return [wrong("/account", "account_unknown", "There is no such account.")]
    account = environment.account
    errors = []
    if environment.region not in account.regions:
        detail = f"The account's regions are {', '.join(account.regions)}."
        errors.append(wrong("/region", "region_invalid", detail))
    if environment.protected and proved_open(account):
        detail = (
            "The account's role can be assumed without the external id; a protected place must not use it."
        )
        errors.append(wrong("/account", "account_unproved", detail))
    return errors


def proved_open(account) -> bool:
    """True when the last connection test entered the account without its external id (requirement B01)."""
    checks = (account.test_result or {}).get("checks", ())
    return any(check["name"] == "external_id_required" and check["state"] == "fail" for check in checks)


def _rank(environment: Environment) -> list[dict]:
    if not 0 <= environment.rank <= HIGHEST_RANK:
        return [wrong("/rank", "rank_invalid", f"A whole number from 0 to {HIGHEST_RANK}.")]
    others = Environment.objects.filter(rank=environment.rank, archived_at__isnull=True)
    taken = others.exclude(pk=environment.pk).first()
    if taken is None:
        return []
    return [wrong("/rank", "rank_taken", f"{taken.pk} has this rank; every environment has its own.")]


def unsatisfiable(environment: Environment) -> None:
    """Raise Invalid 422 `gate_unsatisfiable`, naming a smallest failing set of groups, if nobody could ever
    fill the gate: asked for each application with a stage there, with what its stage adds."""
    found = first_impossible(cases_of(environment, current_pipelines().values()))
    if found is not None:
        pointer = "/gate/expedited_slots" if found.case.expedited else "/gate/slots"
        error = wrong(pointer, "gate_unsatisfiable", found.text, groups=found.groups)
        raise Invalid(errors=[error], groups=found.groups)
