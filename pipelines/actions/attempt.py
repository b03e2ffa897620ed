"""Do one change of configuration and say what it changed: the one list of everything that changes configuration."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from kernel.actor import Actor
from pipelines.actions.archive_account import archive_account
from pipelines.actions.archive_environment import archive_environment
from pipelines.actions.archive_freeze import archive_freeze
from pipelines.actions.archive_window import archive_window
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.actions.update_environment import update_environment
from pipelines.actions.update_freeze import update_freeze
from pipelines.actions.update_window import update_window
from pipelines.change_rules import differences, touched
from pipelines.queries import get_account
from pipelines.subjects import protected_places, subject
from teams.actions.delegate import delegate
from teams.actions.set_group_members import set_group_members
from teams.actions.set_person_access import set_person_access
from teams.actions.set_person_roles import set_person_roles


@dataclass(frozen=True)
class Verb:
    """`act` is called with the request; `named_by`: the member of it that is the object's key (None: a new object
    gets one of its own), `label`: what people call it."""

    act: Callable
    named_by: str | None
    label: str


VERBS = {
    "account.create": Verb(create_account, None, "alias"),
    "account.archive": Verb(archive_account, "account_id", "account_id"),
    "environment.create": Verb(create_environment, "name", "name"),
    "environment.update": Verb(update_environment, "name", "name"),
    "environment.archive": Verb(archive_environment, "name", "name"),
    "pipeline.save": Verb(save_pipeline, "application", "application"),
    "window.create": Verb(create_window, None, "name"),
    "window.update": Verb(update_window, "window_id", "window_id"),
    "window.archive": Verb(archive_window, "window_id", "window_id"),
    "freeze.create": Verb(create_freeze, None, "name"),
    "freeze.update": Verb(update_freeze, "freeze_id", "freeze_id"),
    "freeze.archive": Verb(archive_freeze, "freeze_id", "freeze_id"),
    "delegation.make": Verb(delegate, None, "group"),
    "group.members": Verb(set_group_members, "name", "name"),
    "person.access": Verb(set_person_access, "username", "username"),
    "person.roles": Verb(set_person_roles, "username", "username"),
}


@dataclass(frozen=True)
class Attempt:
    """What was done: the action's `result`, the exact `diff`, the settings `after` it, the version it was made
    from, and the protected environments it touches."""

    result: object
    target: str
    diff: list[dict]
    after: dict | None
    base: int | None
    environments: frozenset[str]


@transaction.atomic
def attempt(actor: Actor, kind: str, request: dict) -> Attempt:
    """The change, done. Whoever must not let it stand rolls back. Raises what the verb's own action raises."""
    verb, noun = VERBS[kind], kind.split(".")[0]
    key = _key(actor, noun, verb, request)
    before, base = (None, None) if key is None else subject(noun, key)
    there = protected_places()
    result = verb.act(actor=actor, **request)
    key = key or result.pk
    after, _ = subject(noun, key)
    return Attempt(
        result=result,
        target=f"{noun}:{request[verb.label]}",
        diff=differences(before, after),
        after=after,
        base=base,
        environments=touched(noun, key, before, after, (there, protected_places())),
    )


def _key(actor: Actor, noun: str, verb: Verb, request: dict) -> str | None:
    if verb.named_by is None:
        return None
    if noun == "account":
        return get_account(actor, request["account_id"]).pk
    if noun == "person":
        return request["username"].lower()  # as the verb takes it, which asks for the right before it looks
    return request[verb.named_by]
