"""What a CI posts, as it stands after builds.serializers.BuildIn."""

import copy

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
COMMIT = "9f31c0" + "0" * 34


def artifact(name="template", kind="cloudformation-template", **changes) -> dict:
    return {
        "name": name,
        "kind": kind,
        "uri": f"s3://artifacts/payments/1.0.0/{name}",
        "version_id": f"v-{name}",
        "digest": DIGEST,
        "size": 1843,
        **changes,
    }


def post(version="1.0.0", **changes) -> dict:
    """A valid post of three artifacts; a change to None takes the member out."""
    body = {
        "application": "payments",
        "version": version,
        "commit": COMMIT,
        "branch": "main",
        "repository": "https://github.com/acme/payments",
        "run": {"provider": "github", "id": "10551800200", "attempt": 1, "url": "https://ci.example/1"},
        "submitter": "dana@acme.example",
        "artifacts": [
            artifact(),
            artifact("function", "lambda-zip"),
            artifact("tests", "test-bundle"),
        ],
        "commits": [{"sha": COMMIT, "author": "dana@acme.example", "message": "Round half up"}],
    }
    body.update(copy.deepcopy(changes))
    return {name: value for name, value in body.items() if value is not None}
