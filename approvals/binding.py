"""What an approval is bound to: a closed, versioned list of fields, its canonical bytes and its hash.

Canonical form: JSON Canonicalization Scheme, RFC 8785. Titles, comments, labels and reviewers are not bound.
"""

import hashlib
from collections.abc import Mapping

import rfc8785

SCHEMA = "v1"

# Published and closed: adding a field means a new schema version, because old votes must stay verifiable.
FIELDS_V1 = (
    "application",
    "version",
    "artifacts",
    "environment",
    "account",
    "region",
    "role_arn",
    "target_kind",
    "parameters",
    "plan_digest",
    "pipeline_version",
    "test_specs",
    "gate_version",
)
KNOWN_SCHEMAS = {"v1": FIELDS_V1}

_TEXT = ("application", "version", "environment", "account", "region", "role_arn", "target_kind")
_NUMBERS = ("pipeline_version", "gate_version")
_MAX_INTEGER = 2**53 - 1  # beyond it JSON numbers are not exact (RFC 8785 §3.2.2.3)
_MAX_DEPTH = 32


class UnknownSchema(ValueError):
    """The subject is of a schema version this code does not know. It must never be skipped."""


class SubjectInvalid(ValueError):
    """A bound field is missing, unknown or of a type that has no exact canonical form."""


def subject(**fields) -> dict:
    """The bound fields as one dict with exactly `FIELDS_V1` and `schema`; artifacts and test specs sorted.

    `artifacts`: [{"name", "digest"}]; `parameters`: a mapping of text, whole numbers, booleans, null, lists
    and mappings; `plan_digest`: text, or None where no plan was computed; `test_specs`: list of digests;
    versions: whole numbers. Raises SubjectInvalid.
    """
    _exact_keys(fields, FIELDS_V1)
    for name in _TEXT:
        if not isinstance(fields[name], str) or not fields[name]:
            raise SubjectInvalid(f"{name} must be text")
    for name in _NUMBERS:
        if not isinstance(fields[name], int) or isinstance(fields[name], bool):
            raise SubjectInvalid(f"{name} must be a whole number")
    if fields["plan_digest"] is not None and not isinstance(fields["plan_digest"], str):
        raise SubjectInvalid("plan_digest must be text or null")
    if not isinstance(fields["parameters"], Mapping):
        raise SubjectInvalid("parameters must be a mapping")
    bound = {name: _plain(fields[name], name) for name in FIELDS_V1}
    bound["artifacts"] = _artifacts(bound["artifacts"])
    bound["test_specs"] = _digests(bound["test_specs"])
    return {"schema": SCHEMA, **bound}


def canonical(subject: Mapping) -> bytes:
    """The RFC 8785 bytes of a subject of a known schema. Raises UnknownSchema, SubjectInvalid."""
    _known(subject)
    return rfc8785.dumps(_plain(subject, "subject"))


def content_hash(subject: Mapping) -> str:
    """`sha256:<64 hex>` over `canonical(subject)`: what every vote carries. Raises as `canonical`."""
    return "sha256:" + hashlib.sha256(canonical(subject)).hexdigest()


def changed_fields(old: Mapping, new: Mapping) -> list[str]:
    """The names of bound fields whose values differ, in the published order; `schema` first if it differs.

    Raises UnknownSchema where either side is of a version we cannot judge.
    """
    names = ["schema", *dict.fromkeys([*_known(old), *_known(new)])]
    missing = object()
    return [name for name in names if _differs(old.get(name, missing), new.get(name, missing))]


def what_differs(old: Mapping, new: Mapping) -> list[str]:
    """As `changed_fields`, and `["schema"]` where `old` is of a version we do not know (C06): what cannot be judged
    is not what is meant now, so its votes are void and nothing starts on them."""
    try:
        return changed_fields(old, new)
    except (UnknownSchema, SubjectInvalid):
        canonical(new)  # that side is ours: if it cannot be judged either, nobody may go on
        return ["schema"]


def _differs(old, new) -> bool:
    # By canonical form and not by ==, because Python holds True == 1 and the hash does not.
    if old is new:
        return False
    try:
        return rfc8785.dumps(old) != rfc8785.dumps(new)
    except rfc8785.CanonicalizationError:
        return True


def _known(subject: Mapping) -> tuple[str, ...]:
    version = subject.get("schema")
    if not isinstance(version, str) or version not in KNOWN_SCHEMAS:
        raise UnknownSchema(f"unknown schema of bound fields: {version!r}")
    names = KNOWN_SCHEMAS[version]
    _exact_keys({key: None for key in subject if key != "schema"}, names)
    return names


def _exact_keys(fields: Mapping, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in fields]
    unknown = sorted(str(name) for name in fields if name not in names)
    if missing or unknown:
        raise SubjectInvalid(f"missing bound fields: {missing}; unknown bound fields: {unknown}")


def _plain(value, where: str, depth: int = 0):
    """A copy made of JSON types with one exact canonical form; floats have several, so they are refused."""
    if depth > _MAX_DEPTH:
        raise SubjectInvalid(f"{where} is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise SubjectInvalid(f"{where} holds text that has no UTF-8 form")
        return str(value)
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise SubjectInvalid(f"{where} holds a number beyond 2^53")
        return int(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise SubjectInvalid(f"{where} has a key that is not text")
        return {_plain(key, where): _plain(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where, depth + 1) for item in value]
    raise SubjectInvalid(f"{where} holds a {type(value).__name__}, which cannot be bound")


def _artifacts(items) -> list[dict]:
    if not isinstance(items, list) or not all(
        isinstance(item, dict)
        and set(item) == {"name", "digest"}
        and isinstance(item["name"], str)
        and isinstance(item["digest"], str)
        for item in items
    ):
        raise SubjectInvalid("artifacts must be a list of {name, digest}")
    if len({item["name"] for item in items}) != len(items):
        raise SubjectInvalid("artifacts names an artifact twice")
    return sorted(items, key=lambda item: item["name"])


def _digests(items) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise SubjectInvalid("test_specs must be a list of digests")
    return sorted(items)
