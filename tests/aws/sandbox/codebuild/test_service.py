"""Point 6: CodeBuild really runs the commands, bounded and with nothing inherited."""

import gzip
import io
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

PROJECT = "releasegate-tests"


@pytest.fixture
def client(session):
    return session.client("codebuild")


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def spec(*commands, phase="build", more=""):
    lines = "".join(f"      - {command}\n" for command in commands)
    return f"version: 0.2\nphases:\n  {phase}:\n    commands:\n{lines}{more}"


@pytest.fixture
def start(client, session, staging):
    """Starts a build of files laid into the staging bucket."""

    def run(files=None, buildspec="spec.yml", token="", body=None, **more):
        data = body if body is not None else zipped(files or {})
        version = session.client("s3").put_object(Bucket=staging, Key="bundle.zip", Body=data)["VersionId"]
        overrides = {
            "sourceTypeOverride": "S3",
            "sourceLocationOverride": f"{staging}/bundle.zip",
            "sourceVersion": version,
            "logsConfigOverride": {"s3Logs": {"status": "ENABLED", "location": f"{staging}/logs"}},
            "artifactsOverride": {"type": "S3", "location": staging, "path": "out", "name": "dep"},
            **({"idempotencyToken": token} if token else {}),
            **more,
        }
        return client.start_build(projectName=PROJECT, buildspecOverride=buildspec, **overrides)["build"]

    return run


def ended(client, build):
    for _ in range(600):
        found = client.batch_get_builds(ids=[build["id"]])["builds"][0]
        if found["buildComplete"]:
            return found
        time.sleep(0.02)
    raise AssertionError("the build never ended")


def log_of(session, build):
    bucket, _, key = build["logs"]["s3LogsArn"].removeprefix("arn:aws:s3:::").partition("/")
    return gzip.decompress(session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()).decode()


def test_commands_run_from_the_bundle_and_their_output_is_the_log(client, session, start):
    found = ended(
        client, start({"spec.yml": spec("cat greeting.txt"), "greeting.txt": "hello from the bundle"})
    )
    assert (found["buildStatus"], found["currentPhase"]) == ("SUCCEEDED", "COMPLETED")
    assert "hello from the bundle" in log_of(session, found)
    assert [phase["phaseType"] for phase in found["phases"]][-6:] == [
        "INSTALL",
        "PRE_BUILD",
        "BUILD",
        "POST_BUILD",
        "UPLOAD_ARTIFACTS",
        "COMPLETED",
    ]


def test_non_zero_exit_is_failed_and_post_build_still_runs(client, session, start):
    """CodeBuild User Guide, "Build phase transitions"."""
    more = "  post_build:\n    commands: ['echo tidying $CODEBUILD_BUILD_SUCCEEDING']\n"
    found = ended(client, start({"spec.yml": spec("exit 3", "echo never", more=more)}))
    assert found["buildStatus"] == "FAILED"
    text = log_of(session, found)
    assert "tidying 0" in text
    assert "\nnever\n" not in text
    (phase,) = [phase for phase in found["phases"] if phase["phaseType"] == "BUILD"]
    assert phase["phaseStatus"] == "FAILED"
    assert "exit status 3" in phase["contexts"][0]["message"]


def test_failed_install_ends_the_build(client, session, start):
    more = "  build:\n    commands: ['echo built']\n"
    found = ended(client, start({"spec.yml": spec("false", phase="install", more=more)}))
    assert found["buildStatus"] == "FAILED"
    assert "\nbuilt\n" not in log_of(session, found)


def test_build_over_its_time_is_timed_out_and_its_children_are_dead(
    client, session, start, control, tmp_path
):
    control.set_minute(0.4)
    child = tmp_path / "child"
    command = f"sleep 600 & echo $! > {child}; sleep 600"
    found = ended(client, start({"spec.yml": spec(command)}, timeoutInMinutesOverride=5))
    assert found["buildStatus"] == "TIMED_OUT"
    assert until(lambda: not lives(int(child.read_text())))


def lives(pid: int) -> bool:
    """Whether there is a process of this number that is not merely waiting to be buried."""
    place = Path(f"/proc/{pid}/stat")
    return place.exists() and ") Z " not in place.read_text()


def until(condition) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_stopped_build_is_stopped(client, start, tmp_path):
    mark = tmp_path / "mark"
    build = start({"spec.yml": spec(f"touch {mark}; sleep 600")})
    assert until(mark.exists)
    client.stop_build(id=build["id"])
    assert ended(client, build)["buildStatus"] == "STOPPED"


def test_nothing_of_ours_is_inherited(client, session, start, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "canary-database")
    monkeypatch.setenv("AWS_CANARY", "canary-aws")
    found = ended(client, start({"spec.yml": spec("env")}))
    text = log_of(session, found)
    assert "canary" not in text
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:" in text


def test_tests_reach_their_own_account(client, session, start, target):
    code = "import boto3; print('i am', boto3.client('sts').get_caller_identity()['Arn'])"
    found = ended(client, start({"spec.yml": spec("python who.py"), "who.py": code}))
    assert f"i am arn:aws:sts::{target.account_id}:assumed-role/ReleaseGateTests/" in log_of(session, found)


def test_variables_and_reports_arrive(client, session, start, staging):
    more = "reports:\n  unit:\n    files: ['out/*.xml']\nartifacts:\n  files: ['note.txt']\n"
    text = spec(
        "mkdir out", 'echo "<testsuite tests=\\"1\\"/>" > out/junit.xml', "echo $WHO > note.txt", more=more
    )
    variables = [{"name": "WHO", "value": "rita"}]
    found = ended(client, start({"spec.yml": text}, environmentVariablesOverride=variables))
    assert found["buildStatus"] == "SUCCEEDED"
    s3 = session.client("s3")
    assert s3.get_object(Bucket=staging, Key="out/dep/out/junit.xml")["Body"].read().startswith(b"<testsuite")
    assert s3.get_object(Bucket=staging, Key="out/dep/note.txt")["Body"].read() == b"rita\n"


def test_build_shows_the_variables_it_was_started_with(client, start):
    """API reference, Build: `environment` is that of this build, overrides included."""
    variables = [{"name": "RELEASEGATE_TOKEN", "value": "rg-1-a", "type": "PLAINTEXT"}]
    found = ended(client, start({"spec.yml": spec("true")}, environmentVariablesOverride=variables))
    assert found["environment"]["environmentVariables"] == variables
    assert found["environment"]["image"]


def test_wait_in_a_command_waits_for_what_the_command_began(client, session, start):
    found = ended(client, start({"spec.yml": spec("sleep 0.1 & wait; echo waited")}))
    assert found["buildStatus"] == "SUCCEEDED"
    assert "waited" in log_of(session, found)


def test_same_token_gives_the_same_build(client, start, control, session, staging):
    session.client("s3").put_object(Bucket=staging, Key="b.zip", Body=zipped({"spec.yml": spec("true")}))
    arguments = {
        "projectName": PROJECT,
        "idempotencyToken": "rg-1",
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": f"{staging}/b.zip",
        "buildspecOverride": "spec.yml",
    }
    one, two = (client.start_build(**arguments)["build"]["id"] for _ in range(2))
    assert one == two
    assert control.count("codebuild", "StartBuild") == 1
    with pytest.raises(ClientError, match="InvalidInputException"):
        client.start_build(**{**arguments, "buildspecOverride": "other.yml"})


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped-absolute", "a/../../escaped"])
def test_bundle_that_leads_out_of_itself_is_refused(client, start, name):
    found = ended(client, start({"spec.yml": spec("true"), name: "x"}))
    assert found["buildStatus"] == "FAILED"
    assert "leads out of it" in found["phases"][3]["contexts"][0]["message"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "no such file"),
        ({"spec.yml": "version: 9\nphases: {}"}, "supports versions"),
        ({"spec.yml": "version: 0.2\nphases: {deploy: {commands: [x]}}"}, "unknown phase"),
        ({"spec.yml": "version: 0.2"}, "No commands found"),
        ({"spec.yml": "[: not yaml"}, "not YAML"),
        ({"spec.yml": "version: 0.2\nphases: {build: {commands: 7}}"}, "string type"),
    ],
)
def test_build_without_a_usable_spec_fails(client, start, files, says):
    found = ended(client, start(files))
    assert found["buildStatus"] == "FAILED"
    assert says in found["phases"][3]["contexts"][0]["message"]


def test_source_that_is_no_zip_fails(client, start):
    assert ended(client, start(body=b"not a zip"))["buildStatus"] == "FAILED"


def test_unknown_project_and_build_are_not_found(client):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.start_build(projectName="nobody")
    assert client.batch_get_builds(ids=["nobody:1"])["buildsNotFound"] == ["nobody:1"]
