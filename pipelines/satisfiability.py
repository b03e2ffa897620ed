"""Could the people there are fill these slots at all? Asked when a gate or a pipeline is saved, and of all of them
again and again, because people leave (requirement C03)."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.expedited import asked_slots, path_to
from pipelines.gates import OWNERS, resolved
from pipelines.matching import satisfiable, slots_of
from pipelines.models import Environment, PipelineVersion
from pipelines.queries import stage_of
from teams.humans import joined
from teams.models import Application
from teams.queries import humans_among, members_of


@dataclass(frozen=True)
class Case:
    """The slots that one application would meet in one environment; `application` None: no pipeline leads
    there. `expedited`: on the expedited path."""

    environment: str
    application: Application | None
    slots: list[dict]
    expedited: bool = False


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
        way = " on the expedited path" if self.case.expedited else ""
        return (
            f"{names} have too few people together to fill the slots of {self.case.environment}{whom}{way}."
        )


def cases_of(environment: Environment, versions: Iterable[PipelineVersion]) -> list[Case]:
    """What each application with a stage there would meet, with what its stage adds; without any, the gate alone.
    The same for those with an expedited path."""
    gate, name = environment.gate, environment.pk
    usual, urgent = [], []
    for version in versions:
        stage, path = stage_of(version, name), path_to(version.spec, name)
        if stage is None:
            continue
        usual.append(Case(name, version.application, asked_slots(gate, stage["slots"])))
        if path is not None:
            urgent.append(Case(name, version.application, asked_slots(gate, stage["slots"], path), True))
    if not urgent and gate.get("expedited_slots"):
        urgent = [Case(name, None, gate["expedited_slots"], True)]
    return [*(usual or [Case(name, None, asked_slots(gate, []))]), *urgent]


def first_impossible(cases: list[Case]) -> Impossible | None:
    """The first case that cannot be satisfied by distinct active humans, or None."""
    return next(iter(impossible(cases)), None)


def impossible(cases: list[Case]) -> list[Impossible]:
    """All cases that cannot be satisfied by distinct active humans. Two queries for all.

    Two accounts of one human are one, in the groups of both. Without an application the slots of `@owners` are left
    out: whose owners they would be is not known yet. Who is excluded (requester, authors) depends on the release, so
    it is judged when approval is asked for.
    """
    concrete = [(case, _slots(case)) for case in cases]
    members = members_of({slot["group"] for _, slots in concrete for slot in slots})
    accounts = {person.pk for people in members.values() for person in people}
    humans = humans_among(accounts) if accounts else joined(())
    found = []
    for case, slots in concrete:
        eligible: dict[str, set[str]] = {}
        for group in {slot["group"] for slot in slots}:
            for person in members[group]:
                eligible.setdefault(humans.of(person.pk), set()).add(group)
        failing = satisfiable(slots_of(slots), eligible)
        if failing is not None:
            found.append(Impossible(case, failing))
    return found


def _slots(case: Case) -> list[dict]:
    if case.application is None:
        return [slot for slot in case.slots if slot["group"] != OWNERS]
    return resolved(case.slots, case.application.owners_group_id)
