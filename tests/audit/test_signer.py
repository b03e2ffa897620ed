"""The key that signs: from the settings, or made once where the data lies."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured

from audit.note import open_note, read_verifier_key
from audit.signer import load_signer


def pem(private) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def home(settings, tmp_path):
    settings.DATA_DIR, settings.AUDIT_SIGNING_KEY, settings.PRODUCTION = tmp_path / "data", None, False
    return settings.DATA_DIR


def test_the_first_start_makes_a_key_that_only_its_owner_reads(home):
    signer = load_signer()
    path = home / "log-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in home.iterdir()] == ["log-key.pem"]
    assert load_signer().vkey == signer.vkey
    assert "PRIVATE KEY" not in signer.vkey


def test_starts_at_the_same_time_agree_on_one_key(home):
    with ThreadPoolExecutor(8) as pool:
        keys = {signer.vkey for signer in pool.map(lambda _: load_signer(), range(16))}
    assert len(keys) == 1


def test_a_key_from_the_settings_signs_in_the_name_of_the_log(home, settings):
    settings.AUDIT_SIGNING_KEY, settings.AUDIT_ORIGIN = (
        pem(Ed25519PrivateKey.generate()),
        "gate.example/audit",
    )
    signer = load_signer()
    assert signer.vkey.startswith("gate.example/audit+")
    assert open_note(signer.sign("hello\n"), read_verifier_key(signer.vkey)) == "hello\n"
    assert not home.exists()


def test_production_without_a_key_does_not_start(home, settings):
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="is required"):
        load_signer()
    assert not home.exists()


@pytest.mark.parametrize("text", ["", "nonsense", pem(generate_private_key(SECP256R1()))])
def test_a_key_that_is_not_ed25519_does_not_start(home, settings, text):
    settings.AUDIT_SIGNING_KEY = text
    with pytest.raises(ImproperlyConfigured, match="RELEASEGATE_AUDIT_SIGNING_KEY"):
        load_signer()


def test_a_name_that_no_key_can_have_does_not_start(home, settings):
    settings.AUDIT_ORIGIN = "with a blank"
    with pytest.raises(ImproperlyConfigured, match="RELEASEGATE_AUDIT_ORIGIN"):
        load_signer()
