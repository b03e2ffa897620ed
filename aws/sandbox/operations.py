"""Which API call a request is: by its Action, its target header, or method and path by botocore's models."""

import functools
import re
from typing import Any

import botocore.session

# Names that SigV4 signs with, where botocore files the model under another name.
_MODELS = {
    "events": "events",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "email": "ses",
}
_READS = re.compile(
    r"(Get|List|Describe|Head|BatchGet|Lookup|Query|Scan|Select|Search|Validate|Detect|Estimate|Preview|"
    r"Simulate|AssumeRole|Decode|Receive|BatchCheck|TransactGet)"
)


def is_mutation(service: str, action: str) -> bool:
    """Whether a successful call of that name changes something. What is not known to read, changes."""
    if service == "sts":
        return False
    return not _READS.match(action)


@functools.cache
def _loader() -> Any:
    return botocore.session.get_session().get_component("data_loader")


@functools.cache
def rest_routes(
    service: str,
) -> tuple[tuple[str, str, Any, dict[str, str], frozenset[str], frozenset[str]], ...]:
    """Routes of a REST service: (action, method, path pattern, fixed query, needed query, needed headers)."""
    try:
        model = _loader().load_service_model(_MODELS.get(service, service), "service-2")
    except Exception as exc:  # botocore raises several unrelated kinds for a service it does not know
        raise LookupError(service) from exc
    routes = []
    for action, operation in model["operations"].items():
        uri, _, fixed = operation["http"]["requestUri"].partition("?")
        shape = model["shapes"].get(operation.get("input", {}).get("shape", ""), {})
        members, required = shape.get("members", {}), shape.get("required", [])
        needed = {"querystring": set(), "header": set()}
        for name in required:
            place = members[name].get("location")
            if place in needed:
                needed[place].add(members[name]["locationName"].lower())
        query = dict(part.partition("=")[::2] for part in fixed.split("&") if part)
        routes.append(
            (
                action,
                operation["http"]["method"],
                _pattern(uri),
                query,
                frozenset(needed["querystring"]),
                frozenset(needed["header"]),
            )
        )
    return tuple(routes)


def _pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", uri.rstrip("/") or "")
    text = "".join(
        (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
        for part in parts
    )
    return re.compile(text + "/?")


def rest_action(service: str, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    """The operation of a REST request, or "" if the service's model knows none like it.

    Of several that fit, the one with most fixed query words, needed query words and needed headers wins:
    that tells PutObject, UploadPart and CopyObject apart.
    """
    try:
        routes = rest_routes(service)
    except LookupError:
        return ""
    present = {name.lower() for name in query}
    best, best_score = "", -1
    for action, verb, pattern, fixed, wants_query, wants_headers in routes:
        if verb != method or not pattern.fullmatch(path or "/"):
            continue
        if any(name not in query or (value and query[name] != value) for name, value in fixed.items()):
            continue
        if not wants_query <= present or not wants_headers <= headers.keys():
            continue
        # S3 names the operation in "x-id" too, which every SDK sends but which no request needs.
        score = 10 * (len([name for name in fixed if name != "x-id"]) + len(wants_query) + len(wants_headers))
        score += pattern.pattern.count("/")
        if score > best_score:
            best, best_score = action, score
    return best
