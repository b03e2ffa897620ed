"""The static site target against the sandbox: plan, lay, switch, go back; hostile bundles change nothing."""

import io
import zipfile
from dataclasses import replace

import pytest

from aws.sandbox.seed import site_bucket
from deployments.executor import Calls, Done, Failed
from deployments.executors import s3_site
from deployments.executors.s3_site import S3Site, compare, with_base
from tests.builds.bundles import zipped
from tests.deployments.executors import carrying

KIND = S3Site()
ONE = {"index.html": b"<html><head></head>one</html>", "app.js": b"1", "gone.txt": b"x"}
TWO = {"index.html": b"<html><head></head>two</html>", "app.js": b"2", "new.txt": b"y"}


@pytest.fixture
def bucket(target):
    return site_bucket(target.account_id, target.region)


@pytest.fixture
def made(session, target, bucket):
    def make(files=ONE, prefix="rg-one-1", data=None, **more):
        data = zipped(files) if data is None else data
        ref = carrying.artifact("site", "s3-bundle", data)
        settings = {"bucket": bucket, "artifact": "site"}
        return carrying.context(
            session, target, settings, {"site": data}, {"site": ref}, name_prefix=prefix, **more
        )

    return make


def deployed(context):
    end, context = carrying.carry(KIND.apply, context)
    assert isinstance(end, Done), end
    return context


def live(session, bucket):
    return session.client("s3").get_object(Bucket=bucket, Key="index.html")["Body"].read()


def rows(progress):
    return [(row["action"], row["logical_id"]) for row in progress.result["changes"]]


def test_first_plan_adds_every_file_and_writes_nothing(made, control):
    planned = KIND.plan(made())
    assert rows(planned) == [
        ("Add", "index.html"),
        ("Add", "app.js"),
        ("Add", "gone.txt"),
        ("Add", "index.html"),
    ]
    assert planned.result["data"] == {"from": None}
    assert control.count("s3", "PutObject") == 0


def test_plan_of_the_next_release_names_what_differs(made):
    deployed(made())
    planned = KIND.plan(made(TWO, "rg-two-1"))
    assert rows(planned) == [
        ("Modify", "index.html"),
        ("Modify", "app.js"),
        ("Remove", "gone.txt"),
        ("Modify", "index.html"),
        ("Add", "new.txt"),
    ]


def test_plan_of_what_is_live_is_none(made):
    deployed(made())
    planned = KIND.plan(made(prefix="rg-again-1"))
    assert (planned.result["state"], planned.result["changes"]) == ("none", [])


def test_entry_document_is_switched_last_and_only_once(made, session, bucket, control):
    context = made()
    first = KIND.apply(context)
    assert "index.html" not in [call.params["Key"] for call in first.calls]
    context = carrying.send(context, first)
    switch = KIND.apply(context)
    assert [call.params["Key"] for call in switch.calls] == ["index.html"]
    deployed(context)
    prefix = s3_site._prefix(s3_site._hex(context))
    assert live(session, bucket) == f'<html><head><base href="/{prefix}"></head>one</html>'.encode()
    assert control.count("s3", "PutObject") == 5  # three files, the manifest, the switch


def test_what_lies_there_already_is_not_written_again(made, control):
    context = made()
    laid = KIND.apply(context)
    carrying.send(context, Calls(laid.calls[:2]))
    again = KIND.apply(context)  # another process, after a crash
    assert [call.token for call in again.calls] == [call.token for call in laid.calls[2:]]


@pytest.fixture
def sealed(session, bucket):
    """The bucket encrypts with a KMS key: no ETag is the MD5 of its bytes."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    session.client("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def test_under_a_kms_key_each_file_is_laid_once_and_the_deployment_ends(
    sealed, made, session, bucket, control
):
    context = deployed(made())
    assert live(session, bucket).endswith(b"one</html>")
    assert control.count("s3", "PutObject") == 5
    assert len(control.calls(action="HeadObject")) == 3, "one for each look, none for each file"
    deployed(made(TWO, "rg-two-1"))
    control.reset_counts()
    end, _ = carrying.carry(KIND.rollback, made(prefix="rg-two-1-rb"))
    assert end == Done("1.0.0 is live.")
    assert control.count("s3", "PutObject") == 1, (
        "another deployment knows the files by the digest left with them"
    )
    assert context.intents


def test_under_a_kms_key_a_lost_answer_is_known_to_be_carried_out(sealed, made, control):
    context = made()
    control.fault("s3", "PutObject", "lost_after")
    context = carrying.send(context, KIND.apply(context))
    lost = [one.token for one in context.intents if one.outcome == "ambiguous"]
    KIND.apply(context)
    assert (list(context.seen), len(lost)) == (lost, 1)


@pytest.mark.parametrize("kept", [True, False])
def test_file_that_somebody_replaced_is_laid_again(made, session, bucket, kept):
    """Without a KMS key the ETag says what lies there, whatever digest stands beside it."""
    context = made()
    laid = KIND.apply(context)
    context = carrying.send(context, laid)
    call = laid.calls[0]
    metadata = call.params["Metadata"] if kept else {}
    session.client("s3").put_object(Bucket=bucket, Key=call.params["Key"], Body=b"other", Metadata=metadata)
    assert [again.token for again in KIND.apply(context).calls] == [call.token]


def test_lost_answer_to_the_switch_is_read_not_repeated(made, control):
    context = made()
    context = carrying.send(context, KIND.apply(context))
    control.reset_counts()
    control.fault("s3", "PutObject", "lost_after")
    context = carrying.send(context, KIND.apply(context))
    assert context.intents[-1].outcome == "ambiguous"
    assert KIND.apply(context) == Done("1.0.0 is live.")
    assert control.count("s3", "PutObject", effective=False) == 1


def test_switch_that_arrives_after_another_release_went_live_is_refused(made, session, bucket, control):
    """A worker hangs right before it sends; by the time it wakes up, somebody has deployed something newer."""
    context = made()
    context = carrying.send(context, KIND.apply(context))
    stale = KIND.apply(context)
    deployed(made(TWO, "rg-two-1"))
    context = carrying.send(context, stale)
    assert (context.intents[-1].outcome, context.intents[-1].response["code"]) == (
        "refused",
        "PreconditionFailed",
    )
    assert live(session, bucket).endswith(b"two</html>")


def test_what_is_read_back_is_known_to_be_carried_out(made, control):
    """Answers lost while laying and while switching: reading shows which calls were made."""
    context = made()
    control.fault("s3", "PutObject", "lost_after")
    context = carrying.send(context, KIND.apply(context))
    lost = [one.token for one in context.intents if one.outcome == "ambiguous"]
    switch = KIND.apply(context)
    assert (list(context.seen), len(lost)) == (lost, 1)
    control.fault("s3", "PutObject", "lost_after")
    context = carrying.send(context, switch)
    context.seen.clear()
    KIND.apply(context)
    assert list(context.seen) == [switch.calls[0].token]


def test_rollback_is_the_same_switch_back_and_lays_nothing(made, session, bucket, control):
    deployed(made())
    deployed(made(TWO, "rg-two-1"))
    control.reset_counts()
    end, _ = carrying.carry(KIND.rollback, made(prefix="rg-two-1-rb"))
    assert end == Done("1.0.0 is live.")
    assert live(session, bucket).endswith(b"one</html>")
    assert control.count("s3", "PutObject") == 1
    assert KIND.cleanup(made()) == Done("A plan of a site leaves nothing behind.")


def with_link():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.html", "x")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not a zip", "is not a zip file"),
        (zipped({"other.html": b""}), "has no index.html"),
        (zipped({"index.html": b"", "../up": b""}), "unsafe path: ../up"),
        (zipped({"index.html": b"", "a/../../up": b""}), "unsafe path"),
        (zipped({"index.html": b"", "/root": b""}), "unsafe path: /root"),
        (zipped({"index.html": b"", "a\\b": b""}), "unsafe path"),
        (with_link(), "unsafe path: link"),
        (zipped(ONE)[:-30], "is not a zip file"),
    ],
)
def test_hostile_bundle_is_refused_and_nothing_is_written(made, control, data, says):
    context = made(data=data)
    planned, applied = KIND.plan(context), KIND.apply(context)
    assert (planned.code, planned.changed, applied.code, applied.changed) == (
        "plan_failed",
        False,
        "bundle_invalid",
        False,
    )
    assert says in planned.detail
    assert control.count("s3", "PutObject", effective=False) == 0


def test_damaged_file_inside_the_zip_is_refused(made):
    data = zipped({"index.html": b"<html>plain</html>"}).replace(b"<html>plain", b"<html>PLAIN", 1)
    assert isinstance(KIND.plan(made(data=data)), Failed)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_file_whose_compressed_bytes_are_damaged_is_refused(made, compression):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("index.html", b"<html>" + bytes(range(256)) * 4)
    data = buffer.getvalue()
    data = data[:60] + b"\xff" * 24 + data[84:]
    end = KIND.plan(made(data=data))
    assert isinstance(end, Failed)
    assert end.code == "plan_failed"


@pytest.mark.parametrize("manifest", [b"not json", b"[1]", b'{"a\\u0000b": "x", "c": 1}', b"[" * 100_000])
def test_manifest_that_somebody_else_wrote_lets_every_file_count_as_new(made, session, bucket, manifest):
    context = deployed(made())
    key = f"releases/{context.artifacts['site'].digest.removeprefix('sha256:')}/{s3_site.MANIFEST}"
    session.client("s3").put_object(Bucket=bucket, Key=key, Body=manifest)
    planned = KIND.plan(made(TWO, "rg-two-1"))
    assert rows(planned)[1:] == [("Add", "app.js"), ("Add", "index.html"), ("Add", "new.txt")]


@pytest.mark.parametrize(("name", "limit"), [("MOST_FILES", 2), ("MOST_BYTES", 20)])
def test_bundle_past_the_limits_is_refused(made, monkeypatch, name, limit):
    monkeypatch.setattr(s3_site, name, limit)
    assert "The bundle has more than" in KIND.plan(made()).detail


def test_missing_artifact_fails_the_plan(made):
    """An application whose pipeline deploys a build of another kind: no artifact of that name."""
    context = made()
    stranger = replace(context, settings={**context.settings, "artifact": "other"})
    end = KIND.plan(stranger)
    assert (end.code, end.detail) == ("plan_failed", "The build has no artifact named other.")


def test_compare_lists_only_what_differs():
    found = compare({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"})
    assert [(row["action"], row["logical_id"]) for row in found] == [
        ("Modify", "b"),
        ("Remove", "c"),
        ("Add", "d"),
    ]


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (b'<HEAD lang="en">x', b'<HEAD lang="en"><base href="/r/">x'),
        (b"<header>x</header>", b'<base href="/r/"><header>x</header>'),
        (b"", b'<base href="/r/">'),
    ],
)
def test_base_is_the_first_thing_in_the_head(html, wanted):
    assert with_base(html, "/r/") == wanted
