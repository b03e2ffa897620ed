"""The container files, read without an engine: what the compose specification allows, and what we ask of it.

tests/journeys/test_compose_commands.py runs each service's command as a process and sees it become healthy.
"""

import re
import shlex

import jsonschema
import pytest
import yaml

from tests.architecture import source

COMPOSE = yaml.safe_load(source.text("docker-compose.yml"))
SERVICES = COMPOSE["services"]
OURS = {"migrate", "web", "worker-nonprod", "worker-prod", "beat", "sealer"}

# The part of the compose specification that we use; a misspelt key is refused as the engine would.
STRINGS = {"type": "array", "items": {"type": "string"}}
DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$"}
HEALTHCHECK = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "disable": {"type": "boolean"},
        "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
        "interval": DURATION,
        "timeout": DURATION,
        "start_period": DURATION,
        "retries": {"type": "integer", "minimum": 1},
    },
}
CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]
DEPENDS_ON = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["condition"],
        "additionalProperties": False,
        "properties": {"condition": {"enum": CONDITIONS}},
    },
}
SECRET_USE = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "required": ["source"],
            "additionalProperties": False,
            "properties": {"source": {"type": "string"}, "target": {"type": "string"}},
        },
    ]
}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "restart", "read_only", "user", "cap_drop", "security_opt", "healthcheck"],
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z-]+:\d+\.\d+"},
        "build": {"const": "."},
        "command": {"type": "string"},
        "restart": {"enum": ["no", "unless-stopped"]},
        "read_only": {"const": True},
        "user": {"type": "string", "pattern": "^[1-9][0-9]*:[1-9][0-9]*$"},
        "cap_drop": {"const": ["ALL"]},
        "security_opt": {"const": ["no-new-privileges:true"]},
        "tmpfs": STRINGS,
        "stop_grace_period": DURATION,
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "secrets": {"type": "array", "items": SECRET_USE},
        "volumes": STRINGS,
        "ports": STRINGS,
        "depends_on": DEPENDS_ON,
        "healthcheck": HEALTHCHECK,
    },
}
FILE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services", "volumes", "secrets"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string", "pattern": r"^\./secrets/"}},
            },
        },
    },
}


def test_the_compose_file_is_what_the_specification_allows():
    jsonschema.validate(COMPOSE, FILE, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("web", "image", "release-gate:latest"),
        ("web", "user", "0:0"),
        ("redis", "read_only", False),
        ("beat", "privileged", True),
        ("postgres", "restart", "sometimes"),
        ("sealer", "healthcheck", {"test": ["curl", "x"]}),
        ("web", "depends_on", {"redis": {"condition": "service_ready"}}),
    ],
)
def test_a_wrong_compose_file_is_refused(service, key, value):
    wrong = {**COMPOSE, "services": {**SERVICES, service: {**SERVICES[service], key: value}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, FILE, cls=jsonschema.Draft202012Validator)


def test_every_process_of_production_is_there():
    assert set(SERVICES) == OURS | {"postgres", "redis"}


def test_every_service_has_a_health_check_except_the_one_that_ends():
    disabled = {name for name, service in SERVICES.items() if service["healthcheck"].get("disable")}
    assert disabled == {"migrate"}
    assert all(service["healthcheck"]["test"] for name, service in SERVICES.items() if name not in disabled)


def test_nothing_of_ours_starts_before_the_database_is_set_up():
    for name in OURS - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_secrets_come_from_files_and_each_process_gets_only_its_own():
    def names(service: dict) -> set[str]:
        return {use if isinstance(use, str) else use["source"] for use in service.get("secrets", [])}

    assert set(COMPOSE["secrets"]) == set().union(*map(names, SERVICES.values()))
    holders = {
        secret: {name for name, service in SERVICES.items() if secret in names(service)}
        for secret in COMPOSE["secrets"]
    }
    assert holders["audit_signing_key"] == holders["database_sealer_url"] == {"sealer"}
    assert holders["database_owner_url"] == {"migrate"}
    assert holders["aws_nonprod"] == {"worker-nonprod"}
    assert holders["aws_prod"] == {"worker-prod"}
    for name in OURS:
        for key, value in SERVICES[name]["environment"].items():
            assert not re.search(r"(SECRET|PASSWORD|SIGNING_KEY)$", key), f"{name}: {key} in the open"
            if key.endswith("_FILE"):
                used = {use if isinstance(use, str) else use["target"] for use in SERVICES[name]["secrets"]}
                assert value.removeprefix("/run/secrets/") in used


def test_what_the_environment_names_are_settings_that_exist():
    known = source.text("releasegate/settings.py")
    for name in OURS:
        for key in SERVICES[name]["environment"]:
            # AWS's own library reads where its credentials lie.
            assert f'"{key.removesuffix("_FILE")}"' in known or key == "AWS_SHARED_CREDENTIALS_FILE", key


def test_each_pool_has_a_worker_and_only_workers_have_a_pool():
    pools = {name: shlex.split(service["command"]) for name, service in SERVICES.items() if name in OURS}
    named = {name: words[words.index("--pool") + 1] for name, words in pools.items() if "--pool" in words}
    assert named == {"worker-nonprod": "nonprod", "worker-prod": "prod"}


def test_only_the_web_is_reachable_and_only_from_this_host():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}


DOCKERFILE = source.text("Dockerfile")


def test_the_image_is_built_in_two_stages_from_pinned_bases():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert set(bases) == {"python:3.11.9-slim-bookworm"}


def test_the_image_installs_by_hash_and_names_no_index():
    installs = re.findall(r"pip install .*", DOCKERFILE)
    assert installs == [
        "pip install --no-deps --require-hashes -r /tmp/runtime.txt && /opt/venv/bin/pip check"
    ]


def test_the_image_runs_as_nobody_special_and_says_how_it_is():
    last = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (.*)", last, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in last
    assert last.index("USER 10001") < last.index('CMD ["gunicorn"')


def test_the_image_and_the_compose_file_start_the_web_alike():
    image = re.search(r"^CMD \[(.*)\]$", DOCKERFILE, re.MULTILINE).group(1)
    assert [word.strip(' "') for word in image.split(",")] == shlex.split(SERVICES["web"]["command"])


def test_the_image_holds_the_product_and_no_tests():
    allowed = {
        line[1:].split("/")[0] for line in source.text(".dockerignore").splitlines() if line.startswith("!")
    }
    assert set(source.FLOW) <= allowed
    assert not {"tests", ".git", "var", "build", "secrets", "bench"} & allowed
    copied = {"manage.py", "static", "templates", "requirements", "pyproject.toml", "CHANGELOG.md", "cli"}
    assert allowed - set(source.FLOW) == copied
