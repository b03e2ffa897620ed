"""Could the people there are fill these slots at all? Asked when a gate or a pipeline is saved (requirement
C03)."""

from dataclasses import dataclass

from pipelines.gates import OWNERS, resolved
from pipelines.matching import satisfiable, slots_of
from teams.models import Application
from teams.queries import members_of


@dataclass(frozen=True)
class Case:
    """The slots that one application would meet in one environment; `application` None: no pipeline leads
    there."""

    environment: str
    application: Application | None
    slots: list[dict]


@dataclass(frozen=True)
class Impossible:
    """A case that nobody could satisfy, with a smallest set of groups that have too few people together."""

    case: Case
    groups: list[str]

    @property
    def text(self) -> str:
        """One sentence for the person who saves."""
        whom = f" for {self.case.application.pk}" if self.case.application else ""
        names = " and ".join(self.groups)
        return f"{names} have too few people together to fill the slots of {self.case.environment}{whom}."


def first_impossible(cases: list[Case]) -> Impossible | None:
    """The first case that cannot be satisfied by distinct active members, or None. One query for all.

    Without an application the slots of `@owners` are left out: whose owners they would be is not known yet.
    Who is excluded (requester, authors) depends on the release, so it is judged when approval is asked for.
    """
    concrete = [(case, _slots(case)) for case in cases]
    members = members_of({slot["group"] for _, slots in concrete for slot in slots})
    for case, slots in concrete:
        eligible: dict[str, set[str]] = {}
        for group in {slot["group"] for slot in slots}:
            for person in members[group]:
                eligible.setdefault(person.pk, set()).add(group)
        failing = satisfiable(slots_of(slots), eligible)
        if failing is not None:
            return Impossible(case, failing)
    return None


def _slots(case: Case) -> list[dict]:
    if case.application is None:
        return [slot for slot in case.slots if slot["group"] != OWNERS]
    return resolved(case.slots, case.application.owners_group_id)
