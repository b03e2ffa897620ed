"""Each import contract is fed a violation, in a copy of the source, and must break on it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.executors import REGISTRY
from tests.architecture import source

LINT = Path(sys.executable).with_name("lint-imports")

# (contract, file, the line that must not stand there)
SEEDS = [
    ("flow", "audit/queries.py", "import teams.models"),
    ("flow", "approvals/gate.py", "import deployments.states"),
    ("flow", "kernel/clock.py", "import aws.errors"),
    ("flow", "aws/errors.py", "import audit.models"),
    ("inside", "approvals/models.py", "import approvals.queries"),
    ("inside", "approvals/actions/vote.py", "import approvals.api"),
    ("inside", "deployments/rules.py", "import deployments.models"),
    ("inside", "approvals/utils.py", '"""A file that must not exist."""'),
    ("pure", "deployments/rules.py", "import django.utils.timezone"),
    ("pure", "deployments/states.py", "import kernel.models"),
    ("pure", "audit/merkle.py", "import django"),
    ("aws", "builds/queries.py", "import boto3"),
    ("aws", "deployments/engine/send.py", "import botocore"),
    ("credentials", "insights/reads/comparison.py", "import pipelines.sessions"),
    ("credentials", "deployments/api/others.py", "import pipelines.sessions"),
    ("kinds", "deployments/executors/s3_site.py", "import deployments.executors.cloudformation_stack"),
    ("executors-blind", "deployments/executors/s3_site.py", "import deployments.models"),
    ("executors-blind", "deployments/executors/s3_site.py", "import django"),
    ("read-only", "insights/vocabulary.py", "import approvals.actions.vote"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The product's Python files and the contracts, nothing else."""
    root = tmp_path_factory.mktemp("house")
    for path in [*source.product(), "pyproject.toml"]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.ROOT / path, root / path)
    return root


def lint(root: Path, contract: str) -> subprocess.CompletedProcess:
    command = [LINT, "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True)


@pytest.mark.parametrize("contract", source.CONTRACTS)
def test_the_source_keeps_the_contract(copy, contract):
    run = lint(copy, contract)
    assert run.returncode == 0, run.stdout[-1500:]


@pytest.mark.parametrize(("contract", "path", "line"), SEEDS, ids=lambda value: value.replace("import ", ""))
def test_a_violation_breaks_the_contract(copy, contract, path, line):
    file = copy / path
    before = file.read_text() if file.exists() else None
    try:
        file.write_text(f"{before or ''}\n{line}\n")
        run = lint(copy, contract)
    finally:
        file.unlink() if before is None else file.write_text(before)
    assert run.returncode == 1
    assert "BROKEN" in run.stdout, run.stdout + run.stderr


def test_every_contract_has_been_seen_to_break():
    assert {contract for contract, _, _ in SEEDS} == set(source.CONTRACTS)


def test_every_kind_of_target_stands_in_the_contract_that_keeps_kinds_apart():
    modules = {type(executor).__module__ for executor in REGISTRY.values()}
    assert modules <= set(source.CONTRACTS["kinds"]["modules"])
