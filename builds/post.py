"""Is what a CI posts a build? Every field of `POST /builds`, with a stable code for what is wrong. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

ARTIFACT_KINDS = ("cloudformation-template", "lambda-zip", "oci-image", "s3-bundle", "test-bundle", "file")
SCHEMES = frozenset({"s3"})
MAX_ARTIFACTS = 100
MAX_COMMITS = 2000

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # SHA-1 and SHA-256 repositories
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,99}")  # stands in addresses, so no slash
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Addresses that git and its forges use; a path on a disk has no colon. Never a script, never a credential.
_REPOSITORY = re.compile(
    r"(https?|ssh|git|file)://.+|codecommit::[a-z0-9-]+://.+|[\w.-]+@[\w.-]+:.+|[^:]+", re.IGNORECASE
)
_USERINFO = re.compile(r"https?://[^/?#\\]*@|[a-z0-9+.-]+://[^/@]*:[^/@]*@", re.IGNORECASE)
_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.{1,1024}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_IMAGE = re.compile(r"[^\s@]+/[^\s@]+@(sha256:[0-9a-f]{64})")
_EMAIL = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,189}")
_BRANCH_BAD = re.compile(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|//|@\{")  # git check-ref-format
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# field: (type, longest in characters, must be there)
_FIELDS = {
    "application": (str, 64, True),
    "version": (str, 100, True),
    "commit": (str, 64, True),
    "branch": (str, 250, True),
    "repository": (str, 500, True),
    "run": (dict, None, False),
    "submitter": (str, 254, False),
    "built_at": ((str, datetime), None, False),
    "artifacts": (list, None, True),
    "commits": (list, None, False),
}
_RUN = {
    "provider": (str, 40, False),
    "id": (str, 200, False),
    "attempt": (int, None, False),
    "url": (str, 2000, False),
}
_ARTIFACT = {
    "name": (str, 100, True),
    "kind": (str, 40, True),
    "uri": (str, 2000, True),
    "version_id": (str, 1024, False),
    "digest": (str, None, True),
    "size": (int, None, False),
}
_COMMIT_ROW = {
    "sha": (str, 64, True),
    "author": (str, 320, True),
    "committer": (str, 320, False),
    "message": (str, 20_000, False),
    "ticket": (str, 100, False),
}
_TYPES = {(str, datetime): "text", str: "text", int: "a whole number", list: "a list", dict: "an object"}


class _Errors(list):
    """[{pointer, code, detail}] in the order they are found."""

    def say(self, pointer: str, code: str, detail: str) -> None:
        self.append({"pointer": pointer, "code": code, "detail": detail})


def check_post(body: object, *, schemes: frozenset[str] = SCHEMES) -> list[dict]:
    """All that is wrong with the body of `POST /builds`: [{pointer, code, detail}], empty when nothing is.

    `built_at` may be text or an aware datetime; `schemes`: the URI schemes that can be read (`ecr`: images).

    Codes: `type_invalid required unknown_field text_invalid too_long application_invalid version_invalid
    commit_invalid branch_invalid repository_invalid submitter_invalid time_invalid name_invalid kind_invalid
    duplicate_artifact digest_invalid mutable_reference scheme_unsupported uri_invalid value_invalid`.
    Whether the application exists is not asked here; the size of the body is the adapter's.
    """
    errors = _Errors()
    good = _object(errors, body, "", _FIELDS)
    for field, pattern, meaning in (
        ("application", _NAME, "the name of an application"),
        ("version", _VERSION, "a version: letters, digits and . + _ -, at most 100"),
        ("commit", _COMMIT, "a full commit id: 40 or 64 lower-case hexadecimal digits"),
    ):
        if field in good and not pattern.fullmatch(good[field]):
            errors.say(f"/{field}", f"{field}_invalid", f"This is not {meaning}.")
    _source(errors, good)
    if "run" in good:
        run = _object(errors, good["run"], "/run", _RUN)
        if run.get("attempt", 1) < 1:
            errors.say("/run/attempt", "value_invalid", "attempt counts from 1.")
        if run.get("url") and not re.fullmatch(r"https?://\S+", run["url"]):
            errors.say("/run/url", "value_invalid", "url is an http or https address.")
    if "artifacts" in good:
        _artifacts(errors, good["artifacts"], schemes)
    if "commits" in good:
        _commits(errors, good["commits"])
    return list(errors)


def _object(errors: _Errors, value: object, pointer: str, fields: Mapping) -> dict:
    """The fields of the right type; the rest is said. null and "" are the same as absent where optional."""
    if not isinstance(value, dict):
        errors.say(pointer, "type_invalid", "This must be an object.")
        return {}
    good = {}
    for name, (kind, longest, needed) in fields.items():
        item, place = value.get(name), f"{pointer}/{name}"
        if item is None or (item == "" and not needed):
            # A digest that is missing is the same mistake as a short one.
            code = "digest_invalid" if name == "digest" else "required"
            if needed:
                errors.say(place, code, f"{name} is missing.")
        elif not isinstance(item, kind) or isinstance(item, bool):
            code = "digest_invalid" if name == "digest" else "type_invalid"
            errors.say(place, code, f"{name} must be {_TYPES[kind]}.")
        elif kind is str and _CONTROL.search(item):
            errors.say(place, "text_invalid", f"{name} holds a control character or is not text.")
        elif longest is not None and len(item) > longest:
            errors.say(place, "too_long", f"{name} has {len(item)} characters; at most {longest} are taken.")
        else:
            good[name] = item
    for name in value:
        if name not in fields:
            known = ", ".join(fields)
            errors.say(f"{pointer}/{str(name)[:100]}", "unknown_field", f"Unknown field; known are {known}.")
    return good


def _source(errors: _Errors, body: dict) -> None:
    branch, repository = body.get("branch"), body.get("repository")
    if branch is not None and (
        not branch
        or _BRANCH_BAD.search(branch)
        or branch[0] in "-/"
        or branch.endswith(("/", ".", ".lock"))
        or branch.startswith("refs/")
    ):
        errors.say("/branch", "branch_invalid", "This is not a branch name, such as main or release/1.4.")
    if repository is not None:
        if re.search(r"\s", repository) or not _REPOSITORY.fullmatch(repository):
            errors.say("/repository", "repository_invalid", "This is not the address of a repository.")
        elif _USERINFO.match(repository):
            errors.say("/repository", "repository_invalid", "The address holds a credential; leave it out.")
    if "submitter" in body and not _EMAIL.fullmatch(body["submitter"]):
        errors.say("/submitter", "submitter_invalid", "submitter is an e-mail address.")
    built_at = body.get("built_at")
    if isinstance(built_at, datetime):
        built_at = built_at.isoformat()
    if built_at is not None and parse_time(built_at) is None:
        errors.say("/built_at", "time_invalid", "built_at is an RFC 3339 time with an offset.")


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 instant in UTC; None for anything else, a time without an offset included."""
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", text, re.ASCII
    ):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _artifacts(errors: _Errors, rows: list, schemes: frozenset[str]) -> None:
    if not 1 <= len(rows) <= MAX_ARTIFACTS:
        errors.say("/artifacts", "value_invalid", f"A build has 1 to {MAX_ARTIFACTS} artifacts.")
    names: set[str] = set()
    for index, row in enumerate(rows[:MAX_ARTIFACTS]):
        pointer = f"/artifacts/{index}"
        good = _object(errors, row, pointer, _ARTIFACT)
        name = good.get("name")
        if name is not None and not _NAME.fullmatch(name):
            errors.say(f"{pointer}/name", "name_invalid", "An artifact's name has letters, digits and . _ -.")
        if name in names:
            errors.say(f"{pointer}/name", "duplicate_artifact", f"{name} names an artifact above already.")
        names.add(name or "")
        if "kind" in good and good["kind"] not in ARTIFACT_KINDS:
            errors.say(
                f"{pointer}/kind", "kind_invalid", f"The kinds of artifact are {', '.join(ARTIFACT_KINDS)}."
            )
        if "digest" in good and not _DIGEST.fullmatch(good["digest"]):
            detail = "A digest is sha256: and 64 lower-case hexadecimal digits."
            errors.say(f"{pointer}/digest", "digest_invalid", detail)
        if good.get("size", 0) < 0 or good.get("size", 0) >= 2**63:
            errors.say(f"{pointer}/size", "value_invalid", "size is a number of bytes.")
        if "uri" in good:
            _reference(errors, good, pointer, schemes)


def _reference(errors: _Errors, row: dict, pointer: str, schemes: frozenset[str]) -> None:
    """A reference that could come to mean something else is found before the scheme is even looked at."""
    uri, found = row["uri"], _SCHEME.match(row["uri"])
    scheme = found.group(1).lower() if found else ""
    if row.get("kind") == "oci-image":
        image = _IMAGE.fullmatch(uri)
        if image is None:
            detail = "Name the image by <registry>/<repository>@sha256:…; a tag can move."
            errors.say(f"{pointer}/uri", "mutable_reference", detail)
        elif "ecr" not in schemes:
            errors.say(f"{pointer}/uri", "scheme_unsupported", "Images cannot be read yet.")
        elif image.group(1) != row.get("digest"):
            errors.say(f"{pointer}/digest", "digest_invalid", "The uri names another digest.")
    elif scheme == "s3" and row.get("version_id", "") in ("", "null"):
        # "null" is S3's own id for an object in a bucket without versioning: it can be overwritten.
        detail = "Give the object's version id; a key can be overwritten."
        errors.say(f"{pointer}/version_id", "mutable_reference", detail)
    elif scheme not in schemes:
        errors.say(
            f"{pointer}/uri", "scheme_unsupported", f"Addresses begin with {', '.join(sorted(schemes))}://."
        )
    elif scheme == "s3" and not _S3.fullmatch(uri):
        errors.say(f"{pointer}/uri", "uri_invalid", "This is not s3://<bucket>/<key>.")


def _commits(errors: _Errors, rows: list) -> None:
    if len(rows) > MAX_COMMITS:
        errors.say("/commits", "value_invalid", f"At most {MAX_COMMITS} commits are taken.")
    for index, row in enumerate(rows[:MAX_COMMITS]):
        good = _object(errors, row, f"/commits/{index}", _COMMIT_ROW)
        if "sha" in good and not _COMMIT.fullmatch(good["sha"]):
            errors.say(f"/commits/{index}/sha", "commit_invalid", "This is not a full commit id.")
