"""What all accounts hold, as one JSON value: for tests that compare before and after."""

from typing import Any

from moto.core.base_backend import BackendDict

from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.codebuild.service import CodeBuild


def _backends(service: str) -> Any:
    for backends in list(BackendDict._instances):
        if backends.service_name == service:
            for account in sorted(dict.keys(backends)):
                for region, backend in sorted(backends[account].items()):
                    yield account, region, backend


def _objects(bucket: Any) -> list[dict[str, Any]]:
    found = [
        {
            "key": key,
            "version_id": getattr(version, "version_id", None),
            "etag": getattr(version, "etag", None),
            "size": getattr(version, "size", None),
            "marker": type(version).__name__ == "FakeDeleteMarker",
            "at": str(version.last_modified),
        }
        for key, versions in bucket.keys.lists()
        for version in versions
    ]
    return sorted(found, key=lambda item: (item["key"], str(item["at"]), str(item["version_id"])))


def _add(found: dict[str, Any], account: str, kind: str, entries: list[Any]) -> None:
    if entries:
        found.setdefault(account, {}).setdefault(kind, []).extend(entries)


def listing(stacks: CloudFormation, builds: CodeBuild) -> dict[str, Any]:
    """{account: {"objects", "roles", "functions", "parameters", "stacks", "builds": [...]}}"""
    found: dict[str, Any] = {}
    for account, _, backend in _backends("s3"):
        buckets = [
            {"bucket": name, "objects": _objects(bucket), "versioning": bucket.versioning_status}
            for name, bucket in sorted(backend.buckets.items())
        ]
        _add(found, account, "objects", buckets)
    for account, _, backend in _backends("iam"):
        roles = [
            {"name": role.name, "id": role.id, "arn": role.arn, "trust": role.assume_role_policy_document}
            for role in backend.roles.values()
        ]
        _add(found, account, "roles", sorted(roles, key=lambda role: role["name"]))
    for account, region, backend in _backends("lambda"):
        functions = [
            {"arn": item.function_arn, "sha256": item.code_sha_256, "version": item.version, "region": region}
            for item in backend.list_functions("ALL")
        ]
        _add(found, account, "functions", functions)
    for account, region, backend in _backends("ssm"):
        values = [
            {
                "name": versions[-1].name,
                "value": versions[-1].value,
                "version": versions[-1].version,
                "region": region,
            }
            for _, versions in sorted(dict.items(backend._parameters))
            if versions
        ]
        _add(found, account, "parameters", values)
    for (account, region), book in sorted(stacks.books.items()):
        _add(found, account, "stacks", [_stack(stack, region) for stack in book.stacks])
    for (account, region), projects in sorted(builds.projects.items()):
        _add(found, account, "projects", [{"name": name, "region": region} for name in sorted(projects)])
    for (account, _), records in sorted(builds.builds.items()):
        _add(found, account, "builds", [record["shown"] for record in records.values()])
    return found


def _stack(stack: Any, region: str) -> dict[str, Any]:
    return {
        "name": stack.name,
        "arn": stack.arn,
        "region": region,
        "status": stack.status,
        "outputs": stack.outputs,
        "parameters": stack.parameters,
        "resources": {
            name: [held.type, held.physical_id, held.attributes] for name, held in stack.resources.items()
        },
        "events": [event["EventId"] for event in stack.events],
        "change_sets": sorted(item.arn for item in stack.change_sets.values()),
    }
