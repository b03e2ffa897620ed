"""The form of a token: recognisable, checked without a database, and what restricted ones may do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams import tokens
from teams.tokens import ALPHABET, checksum, digest, is_well_formed, mint, missing_scope


def test_a_minted_token_has_the_published_form():
    secret = mint()
    assert re.fullmatch(r"rgt_[0-9A-Za-z]{36}[0-9A-Za-z]{6}", secret)
    assert is_well_formed(secret)


def test_two_tokens_are_never_the_same():
    assert len({mint() for _ in range(200)}) == 200


def test_the_checksum_is_crc32_in_base_62_padded_to_six():
    # zlib.crc32(b"123456789") is 0xCBF43926, the check value of CRC-32/ISO-HDLC.
    number = 0
    for character in checksum("123456789"):
        number = number * 62 + ALPHABET.index(character)
    assert number == 0xCBF43926
    assert checksum("") == "000000"


@given(st.text(alphabet=ALPHABET, min_size=36, max_size=36), st.integers(0, 35), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(random, place, character):
    secret = "rgt_" + random + checksum(random)
    assert is_well_formed(secret)
    wrong = random[:place] + character + random[place + 1 :]
    assert is_well_formed("rgt_" + wrong + checksum(random)) == (wrong == random)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "rgt_",
        "rgt_short",
        "RGT_" + "a" * 42,
        "rgt_" + "a" * 41,
        "rgt_" + "é" * 42,
        "rgt_" + "a" * 42 + "\n",
    ],
)
def test_another_form_is_refused(secret):
    assert not is_well_formed(secret)


def test_the_digest_is_sha_256_in_hex():
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("scopes", "method", "path", "lacking"),
    [
        ([], "POST", "/api/v1/approvals/apr_x/votes", None),
        (["write"], "POST", "/api/v1/approvals/apr_x/votes", None),
        (["read", "write"], "DELETE", "/api/v1/windows/win_x", None),
        (["read"], "GET", "/api/v1/builds", None),
        (["read"], "HEAD", "/api/v1/builds", None),
        (["read"], "POST", "/api/v1/builds", "builds:write"),
        (["read"], "POST", "/api/v1/builds/bld_x/evidence", "evidence:write"),
        (["builds:write"], "POST", "/api/v1/builds", None),
        (["builds:write"], "POST", "/api/v1/builds/bld_x/evidence", "evidence:write"),
        (["evidence:write"], "POST", "/api/v1/builds", "builds:write"),
        (["deployments:request"], "POST", "/api/v1/deployments", None),
        (["deployments:request"], "POST", "/api/v1/deployments/dep_x/cancel", None),
        (["deployments:request"], "POST", "/api/v1/approvals/apr_x/votes", "write"),
        (["builds:write"], "POST", "/api/v1/buildsx", "write"),
        (
            ["builds:write", "evidence:write", "deployments:request", "read"],
            "PUT",
            "/api/v1/groups/g/members",
            "write",
        ),
    ],
)
def test_a_restricted_personal_token_changes_only_what_its_scopes_cover(scopes, method, path, lacking):
    assert missing_scope(scopes=scopes, personal=True, method=method, path=path) == lacking


@pytest.mark.parametrize(
    ("scopes", "method", "path", "lacking"),
    [
        (["read"], "GET", "/api/v1/builds", None),
        (["builds:write"], "GET", "/api/v1/builds", "read"),
        (["builds:write"], "HEAD", "/api/v1/applications", "read"),
        (["builds:write"], "GET", "/api/v1/whoami", None),
        (["read"], "POST", "/api/v1/builds", "builds:write"),
        (["read", "builds:write"], "POST", "/api/v1/builds", None),
        (["builds:write"], "POST", "/api/v1/builds/bld_x/evidence", "evidence:write"),
        (["evidence:write"], "POST", "/api/v1/builds/bld_x/evidence", None),
        (["read"], "POST", "/api/v1/deployments", "deployments:request"),
        (["read"], "POST", "/api/v1/approvals/apr_x/votes", None),
        (["read"], "POST", "/api/v1/teams", None),
    ],
)
def test_a_machine_needs_the_scope_of_what_it_does(scopes, method, path, lacking):
    assert missing_scope(scopes=scopes, personal=False, method=method, path=path) == lacking


def test_a_token_lives_at_most_365_days():
    assert tokens.LONGEST == 31_536_000
