"""An artifact whose digest nobody gave: read where it lies, with the credentials that the job has."""

import datetime
import hashlib

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cli import relgate
from tests.cli.answers import BUILD, RECORD
from tests.cli.fake_server import scripted

AT = "20260102T030405Z"
ENV = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}


@pytest.fixture
def keys(monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def by_the_library(monkeypatch, url: str, env: dict) -> str:
    """The Authorization header that boto's own signer makes of the same request."""

    class Then(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls(2026, 1, 2, 3, 4, 5)

        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    monkeypatch.setattr("botocore.auth.get_current_datetime", Then.utcnow, raising=False)
    monkeypatch.setattr("botocore.auth.datetime", type("module", (), {"datetime": Then}), raising=False)
    held = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN"))
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(b"").hexdigest()}
    request = AWSRequest("GET", url, headers=headers)
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(held, "s3", env["AWS_REGION"]).add_auth(request)
    return request.headers["Authorization"]


@pytest.mark.parametrize("more", [{}, {"AWS_SESSION_TOKEN": "temporary=="}])
@pytest.mark.parametrize("key", ["app.zip", "a b/ü+1/app~_-.zip"])
def test_the_request_is_signed_as_the_library_signs_it(monkeypatch, key, more):
    env = ENV | more
    one = relgate.S3Object(f"s3://bucket/{key}", "v+1/=", env)
    url = f"{one.endpoint}{one.path}?{one.query}"
    assert one.headers(AT)["Authorization"] == by_the_library(monkeypatch, url, env)


def test_the_line_of_the_contract_works_where_the_job_has_credentials(run, keys):
    with scripted((200, b"zipped")) as s3, scripted((201, BUILD)) as script:
        keys.setenv("AWS_ENDPOINT_URL", s3.url)
        code, _, _ = run(script, *RECORD, "--artifact", "template=s3://bucket/t.json#v1")
    assert (code, s3.asked[0].path) == (0, "/bucket/t.json?versionId=v1")
    (artifact,) = script.asked[0].json["artifacts"]
    assert (artifact["digest"], artifact["size"]) == ("sha256:" + hashlib.sha256(b"zipped").hexdigest(), 6)


@pytest.mark.parametrize(("status", "exit_code"), [(403, 5), (404, 6), (400, 2), (503, 8)])
def test_what_s3_refuses_is_never_posted(run, keys, status, exit_code):
    with scripted((status, b"<Error/>")) as s3, scripted((201, BUILD)) as script:
        keys.setenv("AWS_ENDPOINT_URL_S3", s3.url)
        code, _, err = run(script, *RECORD, "--artifact", "template=s3://bucket/t.json#v1")
    assert (code, script.asked) == (exit_code, [])
    assert f"S3 answered {status} for s3://bucket/t.json" in err


def test_without_credentials_it_says_what_is_missing(run, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    code, _, err = run(None, *RECORD, "--artifact", "template=s3://bucket/t.json#v1")
    assert code == 2
    assert "needs its digest" in err
