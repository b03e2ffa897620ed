"""Which change of configuration needs a second person, and what exactly it would change. Pure.

What opens something up on a protected environment waits for another administrator; what only closes does not.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from kernel.permissions import ROLE_PERMISSIONS, Permission

SECOND_KEYS = {Permission.CHANGE_CONFIRM, Permission.BREAK_GLASS}
LIVES = timedelta(days=7)  # requirement B06


@dataclass(frozen=True)
class Places:
    """What the rules ask about the protected environments: their tiers and accounts, who has a stage in one, and
    which groups fill a slot of its gate or of such a stage."""

    tiers: Mapping[str, str]  # protected environment → tier
    accounts: Mapping[str, str]  # protected environment → the 12 digits of its account
    stages: Mapping[
        str, frozenset[str]
    ]  # application → those with a stage there or elsewhere in their account
    keys: Mapping[str, frozenset[str]]  # group → protected environments where it fills a slot


def differences(before: object, after: object, pointer: str = "") -> list[dict]:
    """[{"pointer", "before", "after"}] for every value that differs, in a fixed order; null where there is none."""
    if isinstance(before, dict) and (isinstance(after, dict) or after is None):
        return _members(before, after or {}, pointer)
    if isinstance(after, dict) and before is None:
        return _members({}, after, pointer)
    if _of_dicts(before) and _of_dicts(after):
        found = []
        for index in range(max(len(before), len(after))):
            one = before[index] if index < len(before) else None
            other = after[index] if index < len(after) else None
            found += differences(one, other, f"{pointer}/{index}")
        return found
    return [] if before == after else [{"pointer": pointer, "before": before, "after": after}]


def _members(before: dict, after: dict, pointer: str) -> list[dict]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        found
        for name in names
        for found in differences(before.get(name), after.get(name), f"{pointer}/{name}")
    ]


def _of_dicts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def digest(diff: list[dict]) -> str:
    """`sha256:…` of exactly this difference, whatever order its members come in."""
    return "sha256:" + hashlib.sha256(json.dumps(diff, sort_keys=True).encode()).hexdigest()


def only_closes(before: Mapping | None, after: Mapping | None) -> bool:
    """True if the freeze `after` holds everywhere and whenever `before` held, and stops at least the same."""
    if before is None:
        return True
    if after is None or any(before[name] != after[name] for name in ("timezone", "rrule")):
        return False
    if not after["scope"].items() <= before["scope"].items() or not set(after["actions"]) >= set(
        before["actions"]
    ):
        return False
    if before["rrule"]:  # where it recurs, another start is another recurrence
        return after["start"] == before["start"] and after["duration"] >= before["duration"]
    return after["start"] <= before["start"] and after["end"] >= before["end"]


def touched(
    noun: str,
    key: str,
    before: Mapping | None,
    after: Mapping | None,
    places: Iterable[Places],
) -> frozenset[str]:
    """The protected environments for whose sake a second person must confirm; empty: it is in force at once.

    `before` and `after`: the object as pipelines.subjects shows it; `places`: as they were before the change and
    as they are after it.
    """
    if noun == "freeze" and only_closes(before, after):
        return frozenset()
    if noun == "person" and not (gains_second_key(before, after) or comes_back(before, after)):
        return frozenset()
    return frozenset().union(*(_touched(noun, key, before, after, there) for there in places))


def gains_second_key(before: Mapping | None, after: Mapping | None) -> bool:
    """Whoever makes an administrator makes somebody who may confirm; whoever makes a release manager makes somebody who
    may break the glass of a protected environment."""
    new = set((after or {}).get("roles", ())) - set((before or {}).get("roles", ()))
    return any(ROLE_PERMISSIONS.get(role, frozenset()) & SECOND_KEYS for role in new)


def comes_back(before: Mapping | None, after: Mapping | None) -> bool:
    """Whoever lets somebody in again gives back every role and every key they had."""
    return before is not None and not before.get("active", True) and bool((after or {}).get("active", True))


def _touched(noun: str, key: str, before, after, there: Places) -> frozenset[str]:
    if noun == "environment":
        return frozenset({key} & there.tiers.keys()) | _neighbours(before, after, there)
    if noun == "account":
        numbers = {row["account_id"] for row in (before, after) if row is not None}
        return frozenset(name for name, number in there.accounts.items() if number in numbers)
    if noun == "pipeline":
        return there.stages.get(key, frozenset())
    if noun == "group":
        return there.keys.get(key, frozenset())
    if noun == "delegation":
        return frozenset().union(
            *(there.keys.get(row["group"], frozenset()) for row in (before, after) if row)
        )
    if noun == "person":
        return frozenset(there.tiers)
    scopes = [row["scope"] for row in (before, after) if row is not None]
    return frozenset(
        name for name, tier in there.tiers.items() if any(_matches(scope, name, tier) for scope in scopes)
    )


def _neighbours(before: Mapping | None, after: Mapping | None, there: Places) -> frozenset[str]:
    """Protected environments beside which a place is made or moved: what may deploy into their account reaches what
    runs there, however open the new place itself is."""
    if after is None or (before and all(before[name] == after[name] for name in ("account", "region"))):
        return frozenset()
    return frozenset(name for name, number in there.accounts.items() if number == after["account"])


def _matches(scope: Mapping, environment: str, tier: str) -> bool:
    """For some application at least."""
    return scope.get("environment", environment) == environment and scope.get("tier", tier) == tier
