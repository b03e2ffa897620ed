"""Keys and tokens: recognised by their signature, ended by the clock, never taken from another vault."""

import base64

import pytest

from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_ACCOUNT, Vault
from aws.sandbox.wire import AwsError, Call


def call_with(key, token="", service="sts"):
    headers = {
        "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/{service}/aws4_request"
    }
    if token:
        headers["x-amz-security-token"] = token
    return Call(service, "eu-west-1", "X", "POST", "/", {}, headers, b"", {}, 0.0)


@pytest.fixture
def vault():
    return Vault(b"a secret of thirty-two bytes....")


@pytest.fixture
def issued(vault):
    return vault.issue(account="111111111111", arn="arn:x", policy={"Statement": []}, expires=1000.0)


def refused(vault, call, now=0.0):
    with pytest.raises(AwsError) as error:
        vault.recognise(call, now)
    assert call.account == ""
    return error.value.code


def test_tools_key_is_the_tools_account(vault):
    call = call_with(TOOLS_ACCESS_KEY_ID)
    vault.recognise(call, 0.0)
    assert (call.account, call.policy) == (TOOLS_ACCOUNT, None)


def test_issued_credentials_carry_account_caller_and_policy(vault, issued):
    call = call_with(issued["AccessKeyId"], issued["SessionToken"])
    vault.recognise(call, 999.0)
    assert (call.account, call.caller_arn, call.policy) == ("111111111111", "arn:x", {"Statement": []})


def test_credentials_end_at_their_instant(vault, issued):
    call = call_with(issued["AccessKeyId"], issued["SessionToken"])
    assert refused(vault, call, 1000.0) == "ExpiredToken"


@pytest.mark.parametrize("token", ["", "not base64!", "AAAA", base64.urlsafe_b64encode(b"x" * 80).decode()])
def test_token_that_is_none_is_invalid(vault, issued, token):
    assert refused(vault, call_with(issued["AccessKeyId"], token)) == "InvalidClientTokenId"


def test_changed_token_is_invalid(vault, issued):
    raw = bytearray(base64.urlsafe_b64decode(issued["SessionToken"]))
    raw[-1] ^= 1
    token = base64.urlsafe_b64encode(bytes(raw)).decode()
    assert refused(vault, call_with(issued["AccessKeyId"], token)) == "InvalidClientTokenId"


def test_token_of_another_vault_or_key_is_invalid(vault, issued):
    other = Vault(b"another secret")
    assert refused(other, call_with(issued["AccessKeyId"], issued["SessionToken"])) == "InvalidClientTokenId"
    assert refused(vault, call_with("ASIAOTHER", issued["SessionToken"])) == "InvalidClientTokenId"


def test_unsigned_request_is_refused(vault):
    call = Call("s3", "eu-west-1", "X", "GET", "/", {}, {}, b"", {}, 0.0)
    assert refused(vault, call) == "MissingAuthenticationToken"


@pytest.mark.parametrize("key", ["AKIAROOT", "AKIAROOT1234", "AKIAROOTabcdefghijkl"])
def test_root_key_needs_an_account_number(vault, key):
    assert refused(vault, call_with(key)) == "InvalidClientTokenId"
