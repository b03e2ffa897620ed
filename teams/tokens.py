"""The form of a bearer token, and what its scopes open. Pure.

`rgt_` + 36 random base 62 characters (214 bits) + 6 characters of CRC-32, so that a scanner recognises a
leaked token and a mistyped one is refused without asking the database (the form GitHub gives its own tokens:
https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/).
"""

import hashlib
import re
import secrets
import string
import zlib

from kernel.permissions import SCOPES

PREFIX = "rgt_"
RANDOM = 36
CHECKSUM = 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}")

READ = "read"
WRITE = "write"
WHOAMI = "/api/v1/whoami"
PERSONAL_SCOPES = (*SCOPES, WRITE)

SHORTEST = 1  # seconds
LONGEST = 365 * 86_400

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Which scope a changing request needs, by its path; the first hit counts.
AREAS = (
    (re.compile(r"/api/v1/builds/[^/]+/evidence"), "evidence:write"),
    (re.compile(r"/api/v1/builds(/.*)?"), "builds:write"),
    (re.compile(r"/api/v1/deployments(/.*)?"), "deployments:request"),
)


def mint() -> str:
    """A new secret. Nobody but the caller ever sees it; we keep `digest()` of it."""
    random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return PREFIX + random + checksum(random)


def checksum(random: str) -> str:
    """CRC-32 of the ASCII bytes in base 62, six characters, padded with `0` on the left."""
    number, text = zlib.crc32(random.encode("ascii")), ""
    while number:
        number, digit = divmod(number, 62)
        text = ALPHABET[digit] + text
    return text.rjust(CHECKSUM, ALPHABET[0])


def is_well_formed(secret: str) -> bool:
    """True when prefix, length, alphabet and checksum are right; says nothing about whether it exists."""
    if FORM.fullmatch(secret) is None:
        return False
    body = secret.removeprefix(PREFIX)
    return checksum(body[:RANDOM]) == body[RANDOM:]


def digest(secret: str) -> str:
    """SHA-256, 64 hex characters: what the database holds. No salt and no stretching, since 214 random bits
    cannot be guessed, and the look-up needs one value."""
    return hashlib.sha256(secret.encode()).hexdigest()


def missing_scope(*, scopes, personal: bool, method: str, path: str) -> str | None:
    """The scope that a token lacks for this request, or None.

    A person's token without scopes, or with `write`, does whatever its person may; with others it reads,
    changes what their areas cover, and lacks `write` for the rest. An application's token needs `read` for
    reading (who it is, it may always ask) and the area's scope for changing; outside the areas its request
    goes through, for the action to refuse a machine in its own words.
    """
    if personal and (not scopes or WRITE in scopes):
        return None
    if method in SAFE_METHODS:
        return None if personal or READ in scopes or path == WHOAMI else READ
    needed = next((scope for pattern, scope in AREAS if pattern.fullmatch(path)), WRITE if personal else None)
    return None if needed is None or needed in scopes else needed
