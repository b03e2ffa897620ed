"""Nothing that looks like a secret is stored or shown; everything else stays readable."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from deployments.redaction import MASK, redact, redacted_lines

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
        ("key ASIAIOSFODNN7EXAMPLE used", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ('{"secret_key": "hunter2hunter2"}', "hunter2hunter2"),
        ("aws_session_token: FwoGZXIvYXdzEBYaD", "FwoGZXIvYXdzEBYaD"),
        ("PASSWORD=correct-horse", "correct-horse"),
        ("passwd = 'battery-staple'", "battery-staple"),
        ("Authorization: Bearer abc.def.ghi", "abc.def.ghi"),
        ("token=rgt_abcdefghij0123456789", "rgt_abcdefghij0123456789"),
        ("git: ghp_" + "a" * 36, "ghp_" + "a" * 36),
        ("slack xoxb-1234567890-abcdef", "xoxb-1234567890-abcdef"),
        (KEY, "MIIEow"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEcut", "MIIEcut"),
    ],
)
def test_a_known_secret_is_masked(text, secret):
    masked = redact(text)
    assert secret not in masked
    assert MASK in masked


def test_what_stands_around_a_secret_stays():
    assert redact("before AKIAIOSFODNN7EXAMPLE after") == f"before {MASK} after"
    assert redact(f"a\n{KEY}\nb") == f"a\n{MASK}\nb"
    assert redact("password=letmein99, user=dana") == f"password={MASK}, user=dana"


def test_several_secrets_are_all_masked():
    text = "AKIAIOSFODNN7EXAMPLE AKIAI44QH8DHBEXAMPLE password=abcdefgh"
    assert redact(text) == f"{MASK} {MASK} password={MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "Stack payments-prod is UPDATE_COMPLETE.",
        "sha256:" + "a" * 64,
        "arn:aws:sts::333333333333:assumed-role/deploy/rg-01",
        "the token was rejected",
        "tokens: 12 of 14",
        "naïve – “quotes” and 日本語",
        "a\tb\nc",
        "",
    ],
)
def test_plain_text_stays(text):
    assert redact(text) == text


def test_control_characters_are_made_visible():
    assert redact("a\x1b[31mred\x00\r") == "a\\x1b[31mred\\x00\\x0d"


@given(st.text(max_size=300))
def test_masking_again_changes_nothing(text):
    once = redact(text)
    assert redact(once) == once
    assert all(char >= " " or char in "\n\t" for char in once)


@given(st.text(alphabet="abcxyz =:\"'\n", max_size=40), st.text(alphabet="abcxyz =:\"'\n", max_size=40))
def test_an_access_key_is_masked_wherever_it_stands(before, after):
    assert "AKIAIOSFODNN7EXAMPLE" not in redact(f"{before} AKIAIOSFODNN7EXAMPLE {after}")


def test_a_key_that_spans_lines_is_masked_when_they_stand_together():
    assert redacted_lines(["before", *KEY.split("\n"), "after"]) == (["before", MASK, "after"], False)
    assert redacted_lines([f"before\n{KEY}", "after"]) == (["before", MASK, "after"], False)


def test_the_rest_of_a_key_that_was_cut_off_is_masked():
    rest = "b3BlbnNzaC1rZXktdjEA\n  AAAAB3NzaC1yc2EAAAAD\n-----END OPENSSH PRIVATE KEY-----"
    assert redacted_lines([rest, "after"]) == ([MASK, "after"], False)


def test_plain_lines_stay_lines():
    assert redacted_lines([]) == ([], False)
    assert redacted_lines(["one", "", "two\nthree"]) == (["one", "", "two", "three"], False)


def key_lines(frame: str) -> list[str]:
    """A real key as a program might print it: every line in a frame."""
    made = Ed25519PrivateKey.generate(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    texts = [
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip() for key in made
    ]
    return [frame.format(line) for text in texts for line in text.split("\n")]


@pytest.mark.parametrize("frame", ["{}", "    {}", "| {}", "> {}\r", '"{}",', "+ {}"])
def test_wherever_a_log_is_cut_into_pieces_no_line_of_a_key_is_stored(frame):
    lines = ["setting up", *key_lines(frame), "all is well"]
    secrets = [line.strip(' |>+\r",') for line in lines[1:-1]]
    for cut in range(len(lines) + 1):
        first, in_key = redacted_lines(lines[:cut])
        second, after = redacted_lines(lines[cut:], in_key=in_key)
        stored = "\n".join([*first, *second])
        assert [secret for secret in secrets if secret in stored] == []
        assert ([*first, *second][0], [*first, *second][-1], after) == ("setting up", "all is well", False)


def test_a_key_in_many_pieces_is_masked_in_all_of_them():
    in_key, stored = False, []
    for line in ["a", *KEY.split("\n"), "b"]:
        masked, in_key = redacted_lines([line], in_key=in_key)
        stored += masked
    assert stored == ["a", MASK, MASK, MASK, MASK, "b"]


def test_a_beginning_without_an_end_does_not_swallow_what_is_no_key():
    lines, in_key = redacted_lines(["grep -----BEGIN PRIVATE KEY----- *", "smoke #1: 3 of 3 passed."])
    assert (lines, in_key) == ([f"grep {MASK}", "smoke #1: 3 of 3 passed."], False)


def test_masking_takes_time_in_proportion_to_the_text():
    for text in ("-----BEGIN PRIVATE KEY-----\n" * 20_000, "-" * 500_000 + "x y", "=" * 500_000):
        began = time.process_time()
        redact(text)
        assert time.process_time() - began < 2
