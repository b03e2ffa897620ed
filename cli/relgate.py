#!/usr/bin/env python3
"""relgate: the command line of Release Gate, for a CI and for auditors.

One file, standard library only, Python 3.9 or newer; copy it anywhere. `relgate --help` lists the commands.

Exit codes: 0 done · 1 the deployment failed or was rolled back, or `verify` found something wrong · 2 usage ·
3 refused or blocked · 4 still waiting when --wait ran out · 5 identity refused · 6 not found · 7 conflict ·
8 server or network, after retries · 9 outcome uncertain, or a human is needed.
"""

import argparse
import base64
import binascii
import datetime
import glob
import hashlib
import hmac
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

try:
    import tomllib
except ImportError:  # Python 3.9 and 3.10: relgate.toml is then not read, and `doctor` says so
    tomllib = None

VERSION = "0.1.0"
DONE, FAILED, USAGE, REFUSED, WAITING, IDENTITY, NOT_FOUND, CONFLICT, SERVER, UNCERTAIN = range(10)


class Exit(Exception):
    """Ends the command with an exit code and one line for a person."""

    def __init__(self, code, message, details=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or {}


# ----------------------------------------------------------------------------------------------------
# verify: the offline verifier. It shares no code with the server and trusts nothing but the key it is given.
# ----------------------------------------------------------------------------------------------------

# Ed25519 (RFC 8032 §5.1), verification only: points in extended coordinates (X, Y, Z, T) with x = X/Z, y =
# Y/Z.
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
NEUTRAL = (0, 1, 1, 0)


def point_add(p, q):
    """p + q (RFC 8032 §5.1.4)."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % PRIME
    b = (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c = 2 * p[3] * q[3] * CURVE_D % PRIME
    d = 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def point_multiply(number, point):
    """number · point, by doubling and adding."""
    result = NEUTRAL
    while number:
        if number & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        number >>= 1
    return result


def point_equal(p, q):
    """The same point, whatever their Z."""
    return (p[0] * q[2] - q[0] * p[2]) % PRIME == 0 and (p[1] * q[2] - q[1] * p[2]) % PRIME == 0


def point_decode(data):
    """The point of 32 bytes (RFC 8032 §5.1.3), or None: not on the curve, or not in its one form."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return (x, y, 1, x * y % PRIME)


BASE = point_decode((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))


def ed25519_verifies(public, message, signature):
    """True if `signature` (64 bytes) over `message` was made by the key `public` (32 bytes). Strict: no
    second form of a signature passes, and a key of small order signs nothing."""
    point, commitment = point_decode(public), point_decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or len(signature) != 64 or scalar >= ORDER:
        return False
    if point_equal(point_multiply(8, point), NEUTRAL):
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    right = point_add(commitment, point_multiply(challenge, point))
    return point_equal(point_multiply(scalar, BASE), right)


# ECDSA on P-256 with SHA-256, verification only (SEC 1 §4.1.4; curve of FIPS 186-4 D.1.2.3). Points are (x, y), None is
# infinity.
P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p256_add(p, q):
    """p + q on the curve."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P256 == 0:
            return None
        slope = (3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, P256)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P256)
    x = (slope * slope - p[0] - q[0]) % P256
    return (x, (slope * (p[0] - x) - p[1]) % P256)


def p256_verifies(public, message, signature):
    """True if the DER `signature` over `message` was made by the key `public`, a point (x, y)."""
    x, y = public
    numbers = der_numbers(signature)
    if numbers is None or not (0 <= x < P256 and 0 <= y < P256):
        return False
    r, s = numbers
    if (y * y - (x * x * x - 3 * x + P256_B)) % P256 or not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        return False
    inverse = pow(s, -1, P256_ORDER)
    first = int.from_bytes(hashlib.sha256(message).digest(), "big") * inverse % P256_ORDER
    second = r * inverse % P256_ORDER
    both, point = p256_add(P256_BASE, public), None
    for bit in range(255, -1, -1):
        point = p256_add(point, point)
        pair = (first >> bit & 1, second >> bit & 1)
        point = p256_add(point, {(0, 0): None, (1, 0): P256_BASE, (0, 1): public, (1, 1): both}[pair])
    return point is not None and point[0] % P256_ORDER == r


def der_numbers(data):
    """(r, s) of a signature in DER, in its one form; None for anything else."""
    if len(data) < 8 or data[0] != 0x30 or data[1] != len(data) - 2 or data[1] > 0x7F:
        return None
    numbers, rest = [], data[2:]
    while rest:
        if len(rest) < 3 or rest[0] != 2 or not 1 <= rest[1] <= len(rest) - 2:
            return None
        body, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        if body[0] & 0x80 or (len(body) > 1 and body[0] == 0 and not body[1] & 0x80):
            return None
        numbers.append(int.from_bytes(body, "big"))
    return tuple(numbers) if len(numbers) == 2 else None


def read_cose(data):
    """{label: number or bytes} of a COSE key (RFC 9053); ValueError for any other CBOR."""
    position = 0

    def head():
        nonlocal position
        first = data[position]
        position += 1
        size = {24: 1, 25: 2}.get(first & 31, 0)
        if first & 31 > 25:
            raise ValueError
        argument = int.from_bytes(data[position : position + size], "big") if size else first & 31
        position += size
        return first >> 5, argument

    def item():
        nonlocal position
        kind, argument = head()
        if kind == 2:
            position += argument
            return data[position - argument : position]
        if kind > 1:
            raise ValueError
        return argument if kind == 0 else -1 - argument

    try:
        kind, count = head()
        key = {item(): item() for _ in range(count)} if kind == 5 and count < 9 else {}
    except (IndexError, TypeError) as error:
        raise ValueError from error
    if position != len(data) or len(key) != count:
        raise ValueError
    return key


def passkey_verifies(public, message, signature):
    """True if the passkey with this COSE key (ES256, EdDSA with Ed25519) signed `message`."""
    try:
        key = read_cose(public)
    except ValueError:
        return False
    if not all(isinstance(key.get(label), bytes) and len(key[label]) == 32 for label in (-2,)):
        return False
    if [key.get(label) for label in (1, 3, -1)] == [2, -7, 1] and isinstance(key.get(-3), bytes):
        point = (int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"))
        return p256_verifies(point, message, signature)
    if [key.get(label) for label in (1, 3, -1)] == [1, -8, 6]:
        return len(signature) == 64 and ed25519_verifies(key[-2], message, signature)
    return False


class Broken(Exception):
    """Something is wrong with the bundle; `leaf` is the first leaf it is known to concern, or None."""

    def __init__(self, message, leaf=None):
        super().__init__(message if leaf is None else "leaf %d: %s" % (leaf, message))
        self.leaf = leaf


def unbase64(text, what, size=None, leaf=None):
    """The bytes of canonical base64 (`text` is str or bytes); raises Broken."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Broken("%s is not base64" % what, leaf) from error
    if base64.b64encode(raw) != (text.encode() if isinstance(text, str) else text):
        raise Broken("%s is not in the one form base64 has" % what, leaf)
    if size is not None and len(raw) != size:
        raise Broken("%s does not have %d bytes" % (what, size), leaf)
    return raw


def read_key(text):
    """(name, key id, public key) of a verifier key `<name>+<id>+<base64>`; Exit 2 for anything else."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
        raise Exit(USAGE, "the key must have the form <name>+<id>+<base64>")
    try:
        raw = unbase64(parts[2], "the key", 33)
    except Broken as error:
        raise Exit(USAGE, str(error)) from error
    digest = hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()
    if raw[0] != 1 or digest[:4].hex() != parts[1]:
        raise Exit(USAGE, "the key id does not belong to the key, or the key is not Ed25519")
    point = point_decode(raw[1:])
    if point is None or point_equal(point_multiply(8, point), NEUTRAL):
        raise Exit(USAGE, "the key is not a point of large order on the curve")
    return parts[0], digest[:4], raw[1:]


def read_note(data, key, what):
    """(size, root) of the signed checkpoint `data`, whose only signature must be by `key`; raises Broken."""
    name, key_id, public = key
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Broken("%s is not text" % what) from error
    if len(lines) != 6 or lines[3] or lines[5]:
        raise Broken("%s does not have the lines of a checkpoint with one signature" % what)
    if lines[0] != name:
        raise Broken("%s is of the log %r, the key is of %r" % (what, lines[0], name))
    if not re.match(r"(0|[1-9][0-9]{0,18})\Z", lines[1]):
        raise Broken("the size in %s is not a number" % what)
    prefix = "\u2014 %s " % name
    if not lines[4].startswith(prefix):
        raise Broken("%s is not signed by %s" % (what, name))
    blob = unbase64(lines[4][len(prefix) :], "the signature of %s" % what, 68)
    if blob[:4] != key_id:
        raise Broken("%s is signed by another key (%s) than the one given" % (what, blob[:4].hex()))
    if not ed25519_verifies(public, "\n".join(lines[:3]).encode() + b"\n", blob[4:]):
        raise Broken("the signature of %s is wrong" % what)
    return int(lines[1]), unbase64(lines[2], "the root in %s" % what, 32)


# The bundle: a zip with these members in this order, stored, dated 1980-01-01, without a spare byte.
MEMBERS = (
    "manifest.json",
    "checkpoint.first",
    "checkpoint.last",
    "range.txt",
    "consistency.txt",
    "leaves.jsonl",
    "nodes.txt",
    "openings.jsonl",
)
DATE = 0x0021
LOCAL = struct.Struct("<IHHHHHIIIHH")
CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
END = struct.Struct("<IHHHHIIH")


def read_archive(data):
    """{name: content} of the bundle's bytes, and a list of what is not as its writer makes it (so that a
    damaged leaf is named before a checksum is complained about). Raises Broken where the members cannot be
    found."""
    found, spare, position, directory = {}, [], 0, b""
    for name in MEMBERS:
        encoded = name.encode()
        start = position + LOCAL.size + len(encoded)
        if len(data) < start or data[position : position + 4] != b"PK\x03\x04":
            raise Broken("the file is not a bundle, or is damaged before %s" % name)
        size = LOCAL.unpack_from(data, position)[7]
        content = data[start : start + size]
        if len(content) != size or data[start - len(encoded) : start] != encoded:
            raise Broken("the member %s is damaged, missing or in the wrong place" % name)
        crc = zlib.crc32(content)
        head = LOCAL.pack(0x04034B50, 20, 0, 0, 0, DATE, crc, size, size, len(encoded), 0)
        if data[position : position + LOCAL.size] != head:
            spare.append("the header of %s is not the one its writer makes" % name)
        fields = (0x02014B50, 20, 20, 0, 0, 0, DATE, crc, size, size, len(encoded), 0, 0, 0, 0, 0, position)
        directory += CENTRAL.pack(*fields) + encoded
        found[name] = content
        position = start + size
    count = len(MEMBERS)
    tail = directory + END.pack(0x06054B50, 0, 0, count, count, len(directory), position, 0)
    if data[position:] != tail:
        spare.append("the directory at the end of the file is not the one its writer makes")
    return found, spare


def canonical(value):
    """RFC 8785 for what events may hold: no floats, keys sorted by UTF-16 units."""

    def in_order(item):
        if isinstance(item, dict):
            return {
                key: in_order(item[key]) for key in sorted(item, key=lambda text: text.encode("utf-16-be"))
            }
        return [in_order(part) for part in item] if isinstance(item, list) else item

    return json.dumps(in_order(value), ensure_ascii=False, separators=(",", ":")).encode()


def no_float(text):
    raise ValueError("a number with a fraction")


def small_int(text):
    number = int(text) if len(text) < 20 else 2**60
    if abs(number) > 2**53 - 1:
        raise ValueError("a number beyond 2^53 - 1")
    return number


# One decoder and one encoder, made once: this runs for every leaf.
DECODE = json.JSONDecoder(parse_float=no_float, parse_int=small_int, parse_constant=no_float).decode
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def read_canonical(data, what, leaf=None):
    """The object in `data`, which must be its canonical form; raises Broken."""
    try:
        value = DECODE(data.decode())
        # Where all is ASCII, Python's order of keys is that of the RFC.
        if (ENCODE(value).encode() if data.isascii() else canonical(value)) == data:
            return value
    except (ValueError, RecursionError) as error:
        raise Broken("%s is not readable: %s" % (what, error), leaf) from error
    raise Broken("%s is not in canonical form" % what, leaf)


def hash_pair(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(size):
    """The complete subtrees (level, index) that make up a tree of `size`, left to right."""
    return [(bit, (size >> bit) - 1) for bit in reversed(range(size.bit_length())) if size >> bit & 1]


def lines_of(data, what):
    """The lines of a member, each of which ends with a line feed; raises Broken."""
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise Broken("%s is cut off" % what)
    return data[:-1].split(b"\n")


def hashes_of(data, what):
    return [unbase64(line, "a hash in %s" % what, 32) for line in lines_of(data, what)]


class Tree:
    """All complete subtrees of leaves `first`…, on top of the subtrees that cover what came before
    (`before`)."""

    def __init__(self, first, before, leaves):
        places = cover(first)
        if len(places) != len(before):
            raise Broken("range.txt should have %d hashes, not %d" % (len(places), len(before)))
        self.first, self.last = first, first + len(leaves)
        self.before = dict(zip(places, before))  # noqa: B905  (Python 3.9 has no strict; the lengths were compared)
        self.levels = [leaves]
        for level in range(1, self.last.bit_length()):
            self.levels.append(self._level(level))

    def _level(self, level):
        below, offset = self.levels[level - 1], self.first >> (level - 1)
        built = []
        for index in range(self.first >> level, self.last >> level):
            left = 2 * index - offset
            start = below[left] if left >= 0 else self.before[level - 1, 2 * index]
            built.append(hash_pair(start, below[left + 1]))
        return built

    def node(self, level, index):
        place = index - (self.first >> level)
        return self.levels[level][place] if place >= 0 else self.before[level, index]

    def root(self, size):
        """The root of the first `size` leaves, first ≤ size ≤ last."""
        nodes = [self.node(level, index) for level, index in cover(size)]
        if not nodes:
            return hashlib.sha256(b"").digest()
        current = nodes.pop()
        while nodes:
            current = hash_pair(nodes.pop(), current)
        return current


def check_consistency(first, last, first_root, last_root, proof):
    """The RFC 6962 consistency proof (verification as in RFC 9162 §2.1.4.2); raises Broken."""
    if first in (0, last):
        if proof:
            raise Broken("consistency.txt should be empty")
        return
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    one, two = first - 1, last - 1
    while one & 1:
        one, two = one >> 1, two >> 1
    if not path:
        raise Broken("the consistency proof is empty")
    old = new = path[0]
    for node in path[1:]:
        if two == 0:
            raise Broken("the consistency proof is too long")
        if one & 1 or one == two:
            old, new = hash_pair(node, old), hash_pair(node, new)
            while one and not one & 1:
                one, two = one >> 1, two >> 1
        else:
            new = hash_pair(new, node)
        one, two = one >> 1, two >> 1
    if two or old != first_root or new != last_root:
        raise Broken("the consistency proof does not connect the two checkpoints")


LEAF_LINE = re.compile(
    rb'\{"body":"([A-Za-z0-9+/=]*)","hash":"([A-Za-z0-9+/=]*)","index":(0|[1-9][0-9]*)\}\Z'
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
BODY_KEYS = {"v", "id", "at", "kind", "actor", "subject", "outcome", "environment", "application"}
BODY_KEYS |= {"request_id", "data", "private"}


def read_leaf(line, expected):
    """(leaf hash, body) of one line of leaves.jsonl; raises Broken naming the leaf."""
    match = LEAF_LINE.match(line)
    if match is None:
        raise Broken("the line is malformed", expected)
    index = int(match.group(3))
    if index != expected:
        raise Broken("its place holds the leaf %d: leaves were removed, added or swapped" % index, expected)
    data = unbase64(match.group(1), "the body", leaf=index)
    digest = hashlib.sha256(b"\x00" + data).digest()
    if unbase64(match.group(2), "the hash", 32, leaf=index) != digest:
        raise Broken("the body does not have the hash it was sealed with", index)
    body = read_canonical(data, "the body", index)
    if not isinstance(body, dict) or set(body) != BODY_KEYS or body["v"] != 1:
        raise Broken("the body does not have the fields of an event", index)
    if not isinstance(body["at"], str) or not TIME.match(body["at"]):
        raise Broken("the time is not in the one form it has", index)
    if not isinstance(body["private"], dict) or not isinstance(body["data"], dict):
        raise Broken("the body does not have the fields of an event", index)
    return digest, body


def check_nodes(tree, given):
    """Compare the stored subtrees with those computed; the first that differs names its leaves. Raises
    Broken."""
    position = 0
    for level in range(1, len(tree.levels)):
        for place, computed in enumerate(tree.levels[level]):
            if position >= len(given):
                raise Broken("nodes.txt is cut off")
            if given[position] != computed:
                start = (place + (tree.first >> level)) << level
                leaf = max(start, tree.first)
                raise Broken(
                    "this leaf, or one up to %d, is not what was sealed" % (start + (1 << level) - 1), leaf
                )
            position += 1
    if position != len(given):
        raise Broken("nodes.txt has more hashes than there are subtrees")


def check_openings(data, first, bodies):
    """Compare every opening with its commitment; the number of commitments without an opening (erased
    values). Raises Broken naming the leaf."""
    previous, opened = None, 0
    for line in lines_of(data, "openings.jsonl"):
        item = read_canonical(line, "an opening")
        if not isinstance(item, dict) or set(item) != {"field", "index", "nonce", "value"}:
            raise Broken("an opening does not have the fields of one")
        index, field, value = item["index"], item["field"], item["value"]
        if type(index) is not int or not first <= index < first + len(bodies):
            raise Broken("an opening is of a leaf that is not in the bundle")
        if not all(isinstance(text, str) for text in (field, value, item["nonce"])):
            raise Broken("the opening is malformed", index)
        if previous is not None and (index, field) <= previous:
            raise Broken("the opening of %s is out of order" % field, index)
        nonce = unbase64(item["nonce"], "the nonce of %s" % field, 32, leaf=index)
        commitment = hmac.new(nonce, (field + value).encode(), hashlib.sha256).hexdigest()
        if bodies[index - first]["private"].get(field) != commitment:
            raise Broken("the opening of %s is not what was committed to" % field, index)
        previous, opened = (index, field), opened + 1
    return sum(len(body["private"]) for body in bodies) - opened


SIGNED = ("statement", "credential", "public_key", "authenticator_data", "client_data", "signature")
STATED = ("v", "kind", "approval", "decision", "content_hash", "approver", "nonce", "not_after", "shown")


def unbase64url(text, what, leaf):
    """The bytes of base64url without padding, as WebAuthn writes them; raises Broken."""
    if not isinstance(text, str) or not re.match(r"[A-Za-z0-9_-]*\Z", text):
        raise Broken("%s is not base64url" % what, leaf)
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    return unbase64(padded, what, leaf=leaf)


def read_instant(text):
    """A time as events write it: UTC, six digits; ValueError."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - both sides are UTC


def read_statement(index, body):
    """The statement of a signed vote, which is of exactly this vote and had not ended; raises Broken."""
    data, kept = body["data"], body["data"]["signature"]
    if not isinstance(kept, dict) or set(kept) != set(SIGNED) or not isinstance(kept["statement"], dict):
        raise Broken("the signature of the vote does not have the parts of one", index)
    stated, approval = kept["statement"], body["subject"].split(":", 1)[-1]
    wanted = [
        1,
        "approval",
        approval,
        data.get("decision"),
        data.get("content_hash"),
        body["actor"].get("id"),
    ]
    if set(stated) != set(STATED) or [stated[name] for name in STATED[:6]] != wanted:
        raise Broken("the statement that was signed is of another vote", index)
    try:
        late = read_instant(body["at"]) - read_instant(stated["not_after"])
    except (ValueError, TypeError) as error:
        raise Broken("the end of the statement is not a time", index) from error
    if late.total_seconds() > 60:  # the event is written a moment after the vote was judged
        raise Broken("the vote was cast after its statement had ended", index)
    return stated


def check_signature(index, body):
    """(statement, origin) of a signed vote, whose passkey signed exactly that statement, at a site whose name it
    answered for, with its person verified; raises Broken."""
    stated = read_statement(index, body)
    kept = body["data"]["signature"]
    parts = {name: unbase64url(kept[name], "the %s" % name, index) for name in SIGNED[1:]}
    text = b"release-gate/approval/v1\0" + canonical(stated)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
    try:
        client = json.loads(parts["client_data"].decode())
        host = urllib.parse.urlsplit(client["origin"]).hostname or ""
        asked = [client["type"], client["challenge"], client.get("crossOrigin") or False]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken("what the browser told the passkey cannot be read", index) from error
    told = parts["authenticator_data"]
    if asked != ["webauthn.get", challenge, False]:
        raise Broken("the passkey signed something else than the statement", index)
    if len(told) < 37 or told[:32] != hashlib.sha256(host.encode()).digest():
        raise Broken("the passkey answered for another site than the one it was asked at", index)
    if told[32] & 5 != 5:
        raise Broken("the passkey did not verify its person", index)
    message = told + hashlib.sha256(parts["client_data"]).digest()
    if not passkey_verifies(parts["public_key"], message, parts["signature"]):
        raise Broken("the signature of the vote is wrong", index)
    return stated, client["origin"]


def read_gate(index, data):
    """What an opened or changed approval asks for, by its own event; raises Broken."""
    slots = data.get("slots")
    if not isinstance(slots, list) or not slots:
        raise Broken("the approval does not say whose keys it needs", index)
    for slot in slots:
        count = slot.get("count") if isinstance(slot, dict) else None
        if type(count) is not int or not 0 < count <= 1000 or not isinstance(slot.get("group"), str):
            raise Broken("the approval does not say whose keys it needs", index)
    keys = [slot["group"] for slot in slots for _ in range(slot["count"])]
    return {"keys": keys, "step_up": bool(data.get("step_up"))}


# Longer than any transaction: a start and a change of the gate may pass each other.
PASSING = datetime.timedelta(seconds=60)


def instant_of(index, body):
    """When the event says it was; raises Broken."""
    try:
        return read_instant(body["at"])
    except ValueError as error:
        raise Broken("the event's time is none", index) from error


def gate_of(settings):
    """(usual, expedited): {group: keys} of an environment's settings as an event holds them, as it is asked on
    each of the two ways; {} where it asks nobody. Where it says nothing of the expedited one, both are the same."""
    gate = settings.get("gate") if isinstance(settings, dict) else None
    gate = gate if isinstance(gate, dict) else {}
    usual = keys_of(gate.get("slots"))
    return usual, keys_of(gate.get("expedited_slots")) or usual


def keys_of(slots):
    """{group: keys} of a list of slots."""
    asked = {}
    for slot in slots if isinstance(slots, list) else []:
        group, count = (slot.get("group"), slot.get("count")) if isinstance(slot, dict) else (None, None)
        if isinstance(group, str) and type(count) is int:
            asked[group] = asked.get(group, 0) + count
    return asked


def covers(keys, gate):
    """Whether these keys are at least those of the gate; `@owners` is another group for each application."""
    named = all(keys.count(group) >= count for group, count in gate.items() if not group.startswith("@"))
    return named and len(keys) >= sum(gate.values())


def turned(keys, people):
    """How many of the keys (names of groups) the people ({person: their groups}) turn, each at most one."""
    holder = {}

    def seat(person, tried):
        for place, group in enumerate(keys):
            if group in people[person] and place not in tried:
                tried.add(place)
                if place not in holder or seat(holder[place], tried):
                    holder[place] = person
                    return True
        return False

    return sum(seat(person, set()) for person in people)


class Rules:
    """What must hold between the events, as far as their bodies tell: who approved what, before it
    started."""

    def __init__(self, complete):
        self.complete = complete  # the bundle begins at leaf 0, so nothing earlier is missing
        self.opened, self.votes, self.started = {}, {}, {}
        self.asked, self.ran = {}, set()  # deployment → the leaf that asked people for it; what has started
        self.broken = {}  # break-glass: review → (deployment, what it skips)
        self.lent = {}  # delegation → what its event says, and when it ended
        self.gates = {}  # environment → [(from when, gate_of)], by what the log says of it
        self.urgent = {}  # deployment → whether its request went the expedited way
        self.passkeys, self.nonces, self.origins = {}, set(), set()
        self.gated = self.ungated = self.signed = self.bypassed = 0

    def see(self, index, body):
        """Take the next event; raises Broken naming the leaf."""
        kind, data, subject = body["kind"], body["data"], body["subject"]
        if kind == "approval.opened":
            if subject in self.opened:
                raise Broken("the approval was opened before", index)
            self.opened[subject] = dict(read_gate(index, data), of="deployment:%s" % data.get("deployment"))
            self.asked.setdefault(self.opened[subject]["of"], index)
        elif kind == "approval.voided":
            if "slots" in data and subject in self.opened:  # bound again, by the gate of that moment
                self.opened[subject].update(read_gate(index, data))
            for vote in self.votes.values():
                vote["void"] = vote["void"] or vote["approval"] == subject
        elif kind == "vote.cast" and body["outcome"] == "allowed" and "vote" in data:
            self._cast(index, body)
        elif kind.startswith("delegation.") and body["outcome"] == "allowed":
            self._lend(index, body)
        elif kind == "break_glass.opened" and body["outcome"] == "allowed":
            self.broken[data.get("review")] = (subject, data.get("skip") or [])
        elif kind in ("passkey.added", "passkey.removed") and body["outcome"] == "allowed":
            own = kind == "passkey.added" and subject == "person:%s" % body["actor"].get("id")
            self.passkeys[subject, data.get("credential")] = data.get("public_key") if own else None
        elif kind == "config.changed" and body["outcome"] == "allowed" and subject.startswith("environment:"):
            self.gates.setdefault(subject, []).append((instant_of(index, body), gate_of(data.get("after"))))
        elif kind == "deployment.requested" and body["outcome"] == "allowed":
            self.urgent.setdefault(subject, "expedited" in data)
        elif kind == "deployment.running":
            again = data.get("from") == "uncertain" and (subject in self.ran or not self.complete)
            self.ran.add(subject)
            if data.get("approval"):
                self._start(index, body)
                gate = self.opened.get("approval:%s" % data["approval"])
                if gate is not None:
                    self._asked_all(index, body, gate["keys"])
            elif not again:
                self._ungated(index, data, subject)
                if "people" not in (data.get("skipped") or []):
                    self._asked_all(index, body, [])

    def _cast(self, index, body):
        data = body["data"]
        if "signature" in data:
            self._signed(index, body)
        if "on_behalf_of" in data or "delegation" in data:
            self._in_anothers_place(index, body)
        self.votes[data["vote"]] = {
            "approval": body["subject"],
            "void": False,
            "actor": body["actor"],
            "data": data,
        }

    def _lend(self, index, body):
        if body["kind"] == "delegation.made":
            if body["subject"] in self.lent:
                raise Broken("the delegation was made before", index)
            self.lent[body["subject"]] = dict(body["data"], ended=None)
        elif body["subject"] in self.lent:
            self.lent[body["subject"]]["ended"] = instant_of(index, body)

    def _expedited(self, index, body):
        """Whether this start went the expedited way, which has its own keys: that was asked for before anybody
        voted, and the start cannot say it of itself."""
        if "expedited" not in body["data"]:
            return False
        if not self.urgent.get(body["subject"], not self.complete):
            raise Broken("started the expedited way, which its request did not ask for", index)
        return True

    def _asked_all(self, index, body, keys):
        """The gate that the environment was given by its own events: whoever empties it without one is seen here."""
        way = 1 if self._expedited(index, body) else 0
        environment = "environment:%s" % body["environment"]
        earliest, in_force = instant_of(index, body) - PASSING, []
        for since, gate in reversed(self.gates.get(environment, [])):
            in_force.append(gate[way])
            if since < earliest:
                break
        else:
            return  # what was in force a moment before is not in the log, or not in this part of it
        if not any(covers(keys, gate) for gate in in_force):
            text = "started with %d keys asked for, which are not those of the gate that the log gives %s"
            raise Broken(text % (len(keys), environment), index)

    def _signed(self, index, body):
        stated, origin = check_signature(index, body)
        kept, place = body["data"]["signature"], ("person:%s" % stated["approver"],)
        place += (kept["credential"],)
        if (self.complete or place in self.passkeys) and self.passkeys.get(place) != kept["public_key"]:
            raise Broken("the vote is signed by a passkey that its person has not enrolled", index)
        if stated["nonce"] in self.nonces:
            raise Broken("the statement was signed for an earlier vote already", index)
        self.nonces.add(stated["nonce"])
        self.origins.add(origin)
        self.signed += 1

    def _in_anothers_place(self, index, body):
        """A vote for somebody else needs the delegation that lends exactly this place, in force at that time."""
        data = body["data"]
        lent = self.lent.get("delegation:%s" % data.get("delegation"))
        if lent is None:
            if self.complete:
                raise Broken("the vote is for somebody whose delegation no earlier leaf holds", index)
            return
        said = (lent.get("principal"), lent.get("delegate"), [lent.get("group")])
        if said != (data.get("on_behalf_of"), body["actor"].get("id"), data.get("groups")):
            raise Broken("the vote is for somebody who delegated something else", index)
        begins, ends = self._held(index, lent)
        if data.get("decision") != "withdraw" and not begins <= instant_of(index, body) < ends:
            raise Broken("the vote is for somebody whose delegation was not in force", index)

    @staticmethod
    def _held(index, lent):
        """(from when, until when) a delegation gives a place, by what the log says so far. Its end and a vote or a
        start may pass each other, so a little more on both sides; raises Broken."""
        try:
            begins, ends = read_instant(lent["since"]), read_instant(lent["until"])
        except (KeyError, ValueError, TypeError) as error:
            raise Broken("the delegation does not say from when until when", index) from error
        return begins - PASSING, min(ends, lent["ended"] or ends) + PASSING

    def _lent_still(self, index, at, name, vote):
        """A place that was taken back, or whose time was over, before the start takes the votes cast in it along."""
        lent = self.lent.get("delegation:%s" % vote["data"].get("delegation"))
        if lent is not None and at >= self._held(index, lent)[1]:
            raise Broken("started on the vote %s in a place that was lent no more" % name, index)

    def _ungated(self, index, data, subject):
        if "people" in (data.get("skipped") or []):
            self._past_people(index, data, subject)
            return
        self.ungated += 1
        if subject in self.asked:
            raise Broken("started without the approval that leaf %d asks for" % self.asked[subject], index)

    def _past_people(self, index, data, subject):
        """A start that asked nobody, because somebody broke the glass for exactly this deployment before."""
        of, skip = self.broken.get(data.get("break_glass"), (None, []))
        if (of != subject or "people" not in skip) and (of is not None or self.complete):
            raise Broken("started past its people without a break-glass of its own", index)
        self.bypassed += 1

    def _start(self, index, body):
        data, subject = body["data"], body["subject"]
        approval = "approval:%s" % data["approval"]
        self.gated += 1
        if approval in self.started:
            raise Broken("started on the approval that leaf %d had used up" % self.started[approval], index)
        self.started[approval] = index
        # What was asked for is in the approval's own events: the start is what is judged, and might say less.
        gate = self.opened.get(approval)
        if gate is None and self.complete:
            raise Broken("started on an approval that no earlier leaf opened", index)
        if gate is not None and gate["of"] != subject:
            raise Broken("started on an approval that was opened for %s" % gate["of"], index)
        step_up, names = data.get("step_up") or (gate or {}).get("step_up"), data.get("votes") or []
        people, heads = {}, []
        for name in names:
            vote = self.votes.get(name)
            if vote is None and gate is not None:
                raise Broken("started on the vote %s, which no earlier leaf holds" % name, index)
            if vote is None:
                continue
            if step_up and "signature" not in vote["data"]:
                raise Broken(
                    "started on the vote %s without a signature, which the gate asks for" % name, index
                )
            groups = vote["data"].get("groups")
            person = self._voter(index, name, vote, approval, data.get("content_hash"))
            self._lent_still(index, instant_of(index, body), name, vote)
            people[person] = groups if isinstance(groups, list) else []
            heads += [person, vote["data"]["on_behalf_of"]] if "on_behalf_of" in vote["data"] else [person]
        if gate is not None:
            if len(set(heads)) != len(heads):
                raise Broken("started on two votes of one person", index)
            self._enough(index, gate["keys"], names, people)

    @staticmethod
    def _enough(index, keys, names, people):
        if len(people) != len(names):
            raise Broken("started on two votes of one person", index)
        filled = turned(keys, people)
        if filled < len(keys):
            raise Broken("started with %d of %d keys" % (filled, len(keys)), index)

    @staticmethod
    def _voter(index, name, vote, approval, content_hash):
        if vote["approval"] != approval or vote["void"] or vote["data"].get("decision") != "approve":
            raise Broken("started on the vote %s, which does not approve it" % name, index)
        if content_hash and vote["data"].get("content_hash") != content_hash:
            raise Broken("started on other content than the vote %s was cast on" % name, index)
        if vote["actor"].get("kind") != "human":
            raise Broken("started on the vote %s of a machine" % name, index)
        return vote["actor"].get("id")


def read_leaves(data, first, count):
    """(hashes, bodies) of leaves.jsonl; raises Broken naming the first leaf that is wrong."""
    lines = lines_of(data, "leaves.jsonl")
    hashes, bodies = [], []
    for offset, line in enumerate(lines):
        if offset >= count:
            raise Broken("there is no such leaf: the checkpoint ends before it", first + offset)
        digest, body = read_leaf(line, first + offset)
        hashes.append(digest)
        bodies.append(body)
    if len(lines) < count:
        raise Broken("it is missing: the bundle ends before the checkpoint does", first + len(lines))
    return hashes, bodies


def verify_bundle(data, key, saved=None):
    """Check the bundle `data` against the key (and a checkpoint saved earlier); what was found, as a dict.
    Raises Broken at the first thing that is wrong."""
    members, spare = read_archive(data)
    last, last_root = read_note(members["checkpoint.last"], key, "checkpoint.last")
    first, first_root = 0, hashlib.sha256(b"").digest()
    if members["checkpoint.first"]:
        first, first_root = read_note(members["checkpoint.first"], key, "checkpoint.first")
    expected = {"first": first, "format": "rgaudit", "last": last, "origin": key[0], "v": 1}
    if members["manifest.json"] != canonical(expected) + b"\n" or first > last:
        raise Broken("manifest.json does not say what the checkpoints say")
    hashes, bodies = read_leaves(members["leaves.jsonl"], first, last - first)
    tree = Tree(first, hashes_of(members["range.txt"], "range.txt"), hashes)
    if tree.root(first) != first_root:
        raise Broken("range.txt does not lead to the root of checkpoint.first")
    check_nodes(tree, hashes_of(members["nodes.txt"], "nodes.txt"))
    if tree.root(last) != last_root:
        raise Broken("leaves %d to %d do not lead to the signed root" % (first, last - 1))
    check_consistency(
        first, last, first_root, last_root, hashes_of(members["consistency.txt"], "consistency.txt")
    )
    if saved is not None:
        check_saved(tree, read_note(saved, key, "the saved checkpoint"))
    erased = check_openings(members["openings.jsonl"], first, bodies)
    rules = Rules(complete=first == 0)
    for offset, body in enumerate(bodies):
        rules.see(first + offset, body)
    if spare:
        raise Broken(spare[0])
    times = [bodies[0]["at"], bodies[-1]["at"]] if bodies else [None, None]
    return {"origin": key[0], "first": first, "last": last, "leaves": len(bodies), "erased": erased,
            "gated_starts": rules.gated, "ungated_starts": rules.ungated, "bypassed_starts": rules.bypassed,
            "signed_votes": rules.signed, "signed_at": sorted(rules.origins),
            "from": times[0], "to": times[1], "root": base64.b64encode(last_root).decode()}  # fmt: skip


def check_saved(tree, checkpoint):
    """The log must contain the state that was saved earlier; raises Broken."""
    size, root = checkpoint
    if not tree.first <= size <= tree.last:
        raise Broken("the bundle does not reach the saved checkpoint of %d leaves" % size)
    if tree.root(size) != root:
        raise Broken("the log was forked: its first %d leaves are not those of the saved checkpoint" % size)


def read_file(path, what):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Exit(USAGE, "%s cannot be read: %s" % (what, error.strerror or error)) from error


def command_verify(args, config):
    """Check a bundle with nothing but the key: 0 all is well, 1 something is wrong."""
    text, checkpoint = config.get("key"), config.get("checkpoint")
    if not text:
        raise Exit(USAGE, "give the key you trust: --key KEYFILE or --key '<name>+<id>+<base64>'")
    if os.path.exists(text) or text.count("+") < 2:
        text = read_file(text, "the key file").decode("utf-8", "replace")
    key = read_key(text)
    saved = read_file(checkpoint, "the saved checkpoint") if checkpoint else None
    data = read_file(args.bundle, "the bundle")
    try:
        found = verify_bundle(data, key, saved)
    except Broken as error:
        raise Exit(
            FAILED, str(error), {"ok": False, "first_bad_leaf": error.leaf, "problem": str(error)}
        ) from error
    lines = [
        "OK: %s" % found["origin"],
        "  leaves %d to %d, each with the hash it was sealed with" % (found["first"], found["last"] - 1)
        if found["leaves"] else "  no leaves",
        "  signed root %s over %d leaves" % (found["root"], found["last"]),
        "  events from %s to %s" % (found["from"], found["to"]),
        "  %d gated starts, each after the keys its approval asked for" % found["gated_starts"],
        "  %d starts for which no event asks for an approval" % found["ungated_starts"],
    ]  # fmt: skip
    if found["bypassed_starts"]:
        lines.append(
            "  %d starts past their people, each by a break-glass on record" % found["bypassed_starts"]
        )
    if found["signed_votes"]:
        where = ", ".join(found["signed_at"])
        lines.append("  %d votes signed by a passkey of their person, at %s" % (found["signed_votes"], where))
    if found["erased"]:
        text = "  %d values were erased, or left out of this bundle; their commitments are kept"
        lines.append(text % found["erased"])
    if found["first"]:
        text = "  what happened before leaf %d is not here: approvals and votes from then are taken on trust"
        lines.append(text % found["first"])
    return DONE, dict(found, ok=True), lines


# ----------------------------------------------------------------------------------------------------
# Where values come from: flag > environment > relgate.toml > the CI we run in.
# ----------------------------------------------------------------------------------------------------


def first_of(*names):
    """A reader of the first of these environment variables that is not empty."""

    def read(env):
        return next((env[name] for name in names if env.get(name)), None)

    return read


def joined(template, *names):
    """A reader that fills `template` with environment variables, all of which must be there."""

    def read(env):
        return (
            template.format(*(env[name] for name in names)) if all(env.get(name) for name in names) else None
        )

    return read


def github_commit(env):
    """The commit; of a pull request its own head, because GITHUB_SHA is then a merge nobody wrote."""
    try:
        with open(env.get("GITHUB_EVENT_PATH") or "", encoding="utf-8") as file:
            return json.load(file)["pull_request"]["head"]["sha"]
    except (OSError, ValueError, KeyError, TypeError):
        return env.get("GITHUB_SHA")


# Per CI: the variable that betrays it, then how to read what a build says about itself.
CI_SYSTEMS = (
    ("github", "GITHUB_ACTIONS", {
        "commit": github_commit,
        "branch": first_of("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
        "repository": joined("{}/{}", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"),
        "run_id": first_of("GITHUB_RUN_ID"),
        "run_attempt": first_of("GITHUB_RUN_ATTEMPT"),
        "run_url": joined("{}/{}/actions/runs/{}/attempts/{}", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY",
                          "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
    }),
    ("gitlab", "GITLAB_CI", {
        "commit": first_of("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"),
        "branch": first_of("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
        "repository": first_of("CI_PROJECT_URL"),
        "run_id": first_of("CI_JOB_ID"),
        "run_url": first_of("CI_JOB_URL"),
        "submitter": first_of("GITLAB_USER_EMAIL"),
    }),
    ("jenkins", "JENKINS_URL", {
        "commit": first_of("GIT_COMMIT"),
        "branch": first_of("CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"),
        "repository": first_of("GIT_URL"),
        "run_id": first_of("BUILD_TAG", "BUILD_NUMBER"),
        "run_url": first_of("BUILD_URL"),
    }),
    ("codebuild", "CODEBUILD_CI", {
        "commit": first_of("CODEBUILD_RESOLVED_SOURCE_VERSION"),
        "branch": first_of("CODEBUILD_WEBHOOK_HEAD_REF"),
        "repository": first_of("CODEBUILD_SOURCE_REPO_URL"),
        "run_id": first_of("CODEBUILD_BUILD_ID"),
        "run_url": first_of("CODEBUILD_PUBLIC_BUILD_URL", "CODEBUILD_BUILD_URL"),
    }),
    ("circleci", "CIRCLECI", {
        "commit": first_of("CIRCLE_SHA1"),
        "branch": first_of("CIRCLE_BRANCH"),
        "repository": first_of("CIRCLE_REPOSITORY_URL"),
        "run_id": first_of("CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_BUILD_NUM"),
        "run_url": first_of("CIRCLE_BUILD_URL"),
    }),
    ("bitbucket", "BITBUCKET_BUILD_NUMBER", {
        "commit": first_of("BITBUCKET_COMMIT"),
        "branch": first_of("BITBUCKET_BRANCH"),
        "repository": joined("https://bitbucket.org/{}", "BITBUCKET_REPO_FULL_NAME"),
        "run_id": first_of("BITBUCKET_BUILD_NUMBER"),
        "run_url": joined("https://bitbucket.org/{}/pipelines/results/{}",
                          "BITBUCKET_REPO_FULL_NAME", "BITBUCKET_BUILD_NUMBER"),
    }),
    ("buildkite", "BUILDKITE", {
        "commit": first_of("BUILDKITE_COMMIT"),
        "branch": first_of("BUILDKITE_BRANCH"),
        "repository": first_of("BUILDKITE_REPO"),
        "run_id": first_of("BUILDKITE_BUILD_ID"),
        "run_url": first_of("BUILDKITE_BUILD_URL"),
        "submitter": first_of("BUILDKITE_BUILD_AUTHOR_EMAIL", "BUILDKITE_BUILD_CREATOR_EMAIL"),
    }),
    ("azure", "TF_BUILD", {
        "commit": first_of("SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"),
        "branch": first_of("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"),
        "repository": first_of("BUILD_REPOSITORY_URI"),
        "run_id": first_of("BUILD_BUILDID"),
        "run_url": joined("{}{}/_build/results?buildId={}", "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT",
                          "BUILD_BUILDID"),
        "submitter": first_of("BUILD_REQUESTEDFOREMAIL"),
    }),
)  # fmt: skip


def detect_ci(env):
    """(name, {value: text}) of the CI this process runs in; (None, {}) outside of any we know."""
    for name, marker, readers in CI_SYSTEMS:
        if env.get(marker):
            values = {key: read(env) for key, read in readers.items()}
            values = {key: value for key, value in values.items() if value}
            if "repository" in values:  # a CI that clones with a token has it in the address
                values["repository"] = re.sub(r"\A(https?://)[^/@]*@", r"\1", values["repository"])
            if "branch" in values:
                values["branch"] = re.sub(r"\A(refs/heads/|origin/)", "", values["branch"])
            return name, values
    return None, {}


def git(*arguments):
    """The output of git, or None."""
    try:
        command = ["git", *arguments]  # no shell; a revision that begins with - is refused by the caller
        done = subprocess.run(command, capture_output=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def git_origin():
    """The address of origin, without the credentials that a CI leaves in it."""
    return re.sub(r"://[^/@]*@", "://", git("remote", "get-url", "origin") or "")


def git_branch():
    """The branch; nothing on a detached HEAD."""
    name = git("rev-parse", "--abbrev-ref", "HEAD")
    return None if name == "HEAD" else name


# What git says about a build where neither we nor the CI do.
GIT = {"commit": lambda: git("rev-parse", "HEAD"), "branch": git_branch, "repository": git_origin}


class Config:
    """Answers what a value is and where it came from: flag > environment > relgate.toml > CI > git > default."""

    DEFAULTS = {"timeout": "30", "retries": "5", "output": "text"}

    def __init__(self, flags, env, directory="."):
        self.flags = {key: value for key, value in flags.items() if value is not None}
        self.env = env
        self.file, self.file_note = self._read_file(os.path.join(directory, "relgate.toml"))
        self.ci, self.ci_values = detect_ci(env)

    @staticmethod
    def _read_file(path):
        if not os.path.exists(path):
            return {}, "no relgate.toml here"
        if tomllib is None:
            return {}, "relgate.toml is not read: that needs Python 3.11"
        try:
            with open(path, "rb") as file:
                read = tomllib.load(file)
            return {key.replace("-", "_"): value for key, value in read.items()}, "relgate.toml read"
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise Exit(USAGE, "relgate.toml: %s" % error) from error

    def find(self, name):
        """(value, origin), the value as text; (None, "not set")."""
        if name in self.flags:
            return self.flags[name], "flag"
        variable = "RELGATE_" + name.upper()
        if self.env.get(variable):
            return self.env[variable], variable
        if name in self.file:
            return self.file[name], "relgate.toml"
        if name in self.ci_values:
            return self.ci_values[name], self.ci
        if name == "run_provider" and self.ci:
            return self.ci, self.ci
        if name in GIT and (known := GIT[name]()):
            return known, "git"
        if name in self.DEFAULTS:
            return self.DEFAULTS[name], "default"
        return None, "not set"

    def get(self, name):
        return self.find(name)[0]

    def need(self, name):
        """The value, or Exit 2 saying how to give it."""
        value = self.get(name)
        if value in (None, ""):
            flag = name.replace("_", "-")
            raise Exit(USAGE, "%s is not set: --%s, RELGATE_%s or relgate.toml" % (name, flag, name.upper()))
        return str(value)

    def several(self, name):
        """The values of a flag that may be repeated: a list in relgate.toml, one a line in the environment."""
        value = self.get(name) or []
        lines = value if isinstance(value, list) else str(value).splitlines()
        return [str(line).strip() for line in lines if str(line).strip()]

    def truth(self, name):
        return str(self.get(name)).lower() in ("1", "true", "yes", "on")

    def number(self, name):
        """A number ≥ 0, or Exit 2."""
        try:
            value = float(self.need(name))
        except ValueError as error:
            raise Exit(USAGE, "%s must be a number" % name) from error
        if not 0 <= value < 1e6:
            raise Exit(USAGE, "%s must be a number from 0" % name)
        return value


# ----------------------------------------------------------------------------------------------------
# Talking to the server
# ----------------------------------------------------------------------------------------------------


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another place."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


class Server:
    """The REST API, with retries: connect errors, 408, 429 and 5xx, full jitter from 0.5 to 20 s, always with
    the same Idempotency-Key, so that a lost answer does not do a thing twice."""

    def __init__(self, config, sleep=time.sleep):
        self.config = config
        self.base = config.need("url").rstrip("/")
        parts = urllib.parse.urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Exit(USAGE, "the url must begin with https:// or http://")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            warn("the token travels unencrypted to %s" % parts.hostname)
        self.opener = urllib.request.build_opener(NoRedirect)
        self.timeout, self.retries = config.number("timeout"), int(config.number("retries"))
        self.sleep = sleep

    def get(self, path, query=None, extra=0):
        """The JSON answer to a GET; `extra` seconds more than usual may pass (long polls)."""
        given = {key: value for key, value in (query or {}).items() if value is not None}
        text = "?" + urllib.parse.urlencode(given) if given else ""
        return self._send("GET", "/api/v1" + path + text, None, {}, extra)

    def post(self, path, body, content_type="application/json"):
        """The JSON answer to a POST; `body` is a dict, or bytes with their content type."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type, "Idempotency-Key": str(uuid.uuid4())}
        return self._send("POST", "/api/v1" + path, data, headers)

    def _send(self, method, path, data, headers, extra=0):
        headers = dict(headers, Accept="application/json", **{"User-Agent": "relgate/" + VERSION})
        headers["Authorization"] = "Bearer " + self.config.need("token")
        for attempt in range(self.retries + 1):
            request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
            try:
                with self.opener.open(request, timeout=self.timeout + extra) as response:
                    return self._linked(self._json(response.read()))
            except urllib.error.HTTPError as error:
                answer = error.read()
                if error.code not in (408, 429) and error.code < 500:
                    raise refused(error.code, answer) from error
                problem, after = "the server answered %d" % error.code, error.headers.get("Retry-After")
                if self._problem_code(answer) == "audit_unavailable":
                    problem += " (audit_unavailable)"
            except (OSError, urllib.error.URLError, ValueError) as error:
                problem, after = "no answer: %s" % (getattr(error, "reason", None) or error), None
            if attempt < self.retries:
                self._pause(attempt, after)
        raise Exit(SERVER, "%s, after %d tries" % (problem, self.retries + 1))

    def _pause(self, attempt, after):
        pause = random.uniform(0, min(20.0, 0.5 * 2**attempt))  # noqa: S311  (jitter, not a secret)
        if after and after.isdigit():
            pause = max(pause, min(int(after), 120))
        self.sleep(pause)

    @staticmethod
    def _json(data):
        try:
            return json.loads(data.decode()) if data else {}
        except ValueError as error:
            raise Exit(SERVER, "the answer is not JSON: is the url right?") from error

    def _linked(self, answer):
        """The page's address as a person can open it from a CI's log."""
        links = answer.get("links") if isinstance(answer, dict) else None
        if isinstance(links, dict) and str(links.get("html", "")).startswith("/"):
            links["html"] = self.base + links["html"]
        return answer

    @staticmethod
    def _problem_code(answer):
        try:
            return json.loads(answer.decode()).get("code")
        except (ValueError, AttributeError):
            return None


def refused(status, answer):
    """The Exit for an answer from 300 to 499: its code follows the status, its text the problem document."""
    try:
        problem = json.loads(answer.decode())
        problem = problem if isinstance(problem, dict) else {}
    except ValueError:
        problem = {}
    code = problem.get("code", "http_%d" % status)
    if status < 400:
        return Exit(USAGE, "the server redirects (%d): give its final address as --url" % status)
    exits = {400: USAGE, 401: IDENTITY, 403: IDENTITY, 404: NOT_FOUND, 409: CONFLICT, 413: USAGE, 422: USAGE}
    exit_code = REFUSED if code in ("denied", "evidence_rejected") else exits.get(status, USAGE)
    lines = ["%s: %s" % (code, problem.get("detail") or problem.get("title") or "no detail")]
    for item in problem.get("errors") or []:
        lines += ["  %s %s: %s" % (item.get("pointer", ""), item.get("code", ""), item.get("detail", ""))]
    lines.extend(reason_lines(problem))
    return Exit(exit_code, "\n".join(lines), problem)


FOR_PEOPLE = ("approval_needed", "approval_void")  # their `until` ends the chance, not the waiting


def reason_lines(answer):
    """One line per reason, with how to clear it."""
    lines = []
    for reason in answer.get("reasons") or []:
        how = reason.get("how_to_clear")
        until = " until %s" % reason["until"] if reason.get("until") else ""
        if until and reason["code"] in FOR_PEOPLE:
            until = " (votes count%s)" % until
        lines.append("  %s%s: %s%s" % (reason["code"], until, reason["text"], " " + how if how else ""))
    return lines


def warn(text):
    print("relgate: " + text, file=sys.stderr)


# ----------------------------------------------------------------------------------------------------
# The commands. Each gives (exit code, answer as a dict, lines for a person).
# ----------------------------------------------------------------------------------------------------

ARTIFACT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?::([a-z0-9-]+))?=(.+)\Z", re.DOTALL)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def guess_kind(name, uri):
    """The artifact kind, from its name and the ending of its uri."""
    path = uri.lower().split("#")[0]
    if "://" not in uri and "@sha256:" in uri:
        return "oci-image"
    if "test" in name:
        return "test-bundle"
    if name in ("template", "stack") or path.endswith(
        (".template", ".template.json", ".template.yaml", ".template.yml")
    ):
        return "cloudformation-template"
    if path.endswith(".zip"):
        return "lambda-zip" if name in ("function", "lambda") else "s3-bundle"
    return "file"


def read_artifact(text, files):
    """One artifact of the body of POST /builds from `name[:kind]=uri[#version][@sha256:…]`; Exit 2."""
    match = ARTIFACT.match(text)
    if match is None:
        raise Exit(USAGE, "--artifact has the form name[:kind]=uri#versionId[@sha256:…], not %r" % text)
    name, kind, uri = match.groups()
    artifact = {"name": name, "kind": kind or guess_kind(name, uri)}
    address, _, digest = uri.rpartition("@sha256:")
    if "://" not in uri and address:
        artifact.update(uri=uri, digest="sha256:" + digest)
        return artifact
    if address:
        uri, artifact["digest"] = address, "sha256:" + digest
    artifact["uri"], _, version = uri.partition("#")
    if version:
        artifact["version_id"] = version
    if name in files:
        artifact.update(measured(files.pop(name), artifact.get("digest")))
    elif "digest" not in artifact and uri.startswith("s3://") and os.environ.get("AWS_ACCESS_KEY_ID"):
        with S3Object(artifact["uri"], version, os.environ).open() as stream:
            artifact.update(hashed(stream))
    if not DIGEST.match(artifact.get("digest", "")):
        raise Exit(USAGE, "the artifact %s needs its digest: append @sha256:<64 hex digits>, "
                          "give a local copy with --artifact-file %s=PATH, "
                          "or the AWS_ACCESS_KEY_ID of somebody who may read it" % (name, name))  # fmt: skip
    return artifact


def measured(path, claimed):
    """{digest, size} of a local file; Exit 2 if it cannot be read or is not what was claimed."""
    try:
        with open(path, "rb") as file:
            found = hashed(file)
    except OSError as error:
        raise Exit(USAGE, "%s cannot be read: %s" % (path, error.strerror or error)) from error
    if claimed not in (None, found["digest"]):
        raise Exit(USAGE, "%s has the digest %s, not %s" % (path, found["digest"], claimed))
    return found


def hashed(stream):
    """{digest, size} of what a stream holds, read in pieces."""
    data, size = hashlib.sha256(), 0
    for chunk in iter(lambda: stream.read(1 << 20), b""):
        data.update(chunk)
        size += len(chunk)
    return {"digest": "sha256:" + data.hexdigest(), "size": size}


class S3Object:
    """One version of an object, read with the credentials that the job already has (Signature Version 4)."""

    def __init__(self, uri, version, env):
        bucket, _, key = uri[len("s3://") :].partition("/")
        self.uri, self.env = uri, env
        self.region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL")
        self.endpoint = (endpoint or "https://s3.%s.amazonaws.com" % self.region).rstrip("/")
        self.path = urllib.parse.quote("/%s/%s" % (bucket, key), safe="/-_.~")
        self.query = "versionId=" + urllib.parse.quote(version, safe="-_.~") if version else ""

    def headers(self, at):
        """Those that sign the request; `at`: the time as 20260102T030405Z."""
        named = {
            "host": urllib.parse.urlsplit(self.endpoint).netloc,
            "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-amz-date": at,
        }
        if self.env.get("AWS_SESSION_TOKEN"):
            named["x-amz-security-token"] = self.env["AWS_SESSION_TOKEN"]
        names = ";".join(sorted(named))
        lines = "".join("%s:%s\n" % (name, named[name]) for name in sorted(named))
        request = "\n".join(["GET", self.path, self.query, lines, names, named["x-amz-content-sha256"]])
        scope = [at[:8], self.region, "s3", "aws4_request"]
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", at, "/".join(scope), digest])
        key = ("AWS4" + self.env.get("AWS_SECRET_ACCESS_KEY", "")).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        credential = "%s/%s" % (self.env["AWS_ACCESS_KEY_ID"], "/".join(scope))
        parts = "Credential=%s, SignedHeaders=%s, Signature=%s" % (credential, names, signature)
        return dict(named, Authorization="AWS4-HMAC-SHA256 " + parts)

    def open(self):
        """The object's bytes as a stream; Exit 6, 5, 2 or 8 where S3 refuses or is not there."""
        address = self.endpoint + self.path + ("?" + self.query if self.query else "")
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        try:
            return urllib.request.urlopen(
                urllib.request.Request(address, headers=self.headers(at)), timeout=60
            )
        except urllib.error.HTTPError as error:
            code = {403: IDENTITY, 404: NOT_FOUND}.get(error.code, USAGE if error.code < 500 else SERVER)
            raise Exit(code, "S3 answered %d for %s" % (error.code, self.uri)) from error
        except OSError as error:
            raise Exit(SERVER, "no answer from S3: %s" % (getattr(error, "reason", None) or error)) from error


def commits_from_git(span, limit=200):
    """Commits for the body: `span` is auto (since the last tag before this one), none, or from..to."""
    if span == "none":
        return []
    if span.startswith("-"):
        raise Exit(USAGE, "--commits is auto, none or from..to")
    if span == "auto":
        tag = git("describe", "--tags", "--abbrev=0", "HEAD^")
        span = "%s..HEAD" % tag if tag else "HEAD"
    if git("rev-parse", "--is-shallow-repository") == "true":
        warn("the clone is shallow: the list of commits may be too short (fetch-depth: 0)")
    text = git("log", "--max-count=%d" % limit, "--format=%H%x1f%ae%x1f%ce%x1f%B%x1e", span, "--")
    if text is None:
        warn("git knows no commits for %s" % span)
        return []
    commits = []
    for record in text.split("\x1e"):
        parts = record.strip("\n").split("\x1f")
        if len(parts) == 4:
            commit = {"sha": parts[0], "author": parts[1], "committer": parts[2], "message": parts[3].strip()}
            ticket = re.search(r"\b[A-Z][A-Z0-9]+-\d+\b", parts[3])
            commits.append(dict(commit, ticket=ticket.group(0)) if ticket else commit)
    if not commits:
        warn("no commits found in %s" % span)
    elif len(commits) == limit:
        warn("%d commits: the list was cut there" % limit)
    return commits


def pairs(texts, what):
    """{name: value} of name=value texts; Exit 2."""
    for text in texts or []:
        if "=" not in text:
            raise Exit(USAGE, "%s has the form name=PATH, not %r" % (what, text))
    return dict(text.split("=", 1) for text in texts or [])


def build_body(config):
    """The body of POST /builds from flags, environment, CI and git."""
    files = pairs(config.several("artifact_file"), "--artifact-file")
    artifacts = [read_artifact(text, files) for text in config.several("artifact")]
    if not artifacts or files:
        names = ", ".join(sorted(files))
        raise Exit(USAGE, "no --artifact for %s" % names if files else "a build has at least one --artifact")
    body = {
        "application": config.need("application"),
        "version": config.need("version"),
        "artifacts": artifacts,
    }
    commit = config.need("commit")
    if not re.match(r"[0-9a-f]{40}\Z", commit) and not commit.startswith("-"):
        commit = git("rev-parse", "--verify", "%s^{commit}" % commit) or commit
    body.update(commit=commit, branch=config.need("branch"), repository=config.need("repository"))
    run = {"provider": config.get("run_provider"), "id": config.get("run_id")}
    if run["provider"] and run["id"]:
        run["attempt"] = int(config.get("run_attempt") or 1)
        if config.get("run_url"):
            run["url"] = config.get("run_url")
        body["run"] = run
    for name in ("submitter", "built_at"):
        if config.get(name):
            body[name] = config.get(name)
    commits = commits_from_git(config.get("commits") or "none")
    if commits:
        body["commits"] = commits
    return body


def command_build_record(_args, config):
    """Hand a build over."""
    body = build_body(config)
    if config.truth("dry_run"):
        return DONE, {"dry_run": True, "would_post": body}, ["would post:", json.dumps(body, indent=2)]
    answer = Server(config).post("/builds", body)
    word = "recorded" if answer.get("created") else "already known"
    lines = ["build %s: %s@%s %s" % (answer["id"], body["application"], body["version"], word)]
    lines.append("  state %s, release %s" % (answer.get("state"), answer.get("release") or "not cut"))
    lines += ["  warning %s: %s" % (item["code"], item["detail"]) for item in answer.get("warnings") or []]
    if answer.get("links", {}).get("html"):
        lines.append("  " + answer["links"]["html"])
    return DONE, answer, lines


def find_build(server, config):
    """The id of the build that evidence belongs to: --build, or the one of --application and --version."""
    if config.get("build"):
        return str(config.get("build"))
    application, version = config.need("application"), config.need("version")
    items = server.get("/builds", {"application": application, "version": version})["items"]
    if not items:
        raise Exit(NOT_FOUND, "there is no build %s@%s" % (application, version))
    return items[0]["id"]


def multipart(fields, filename, content):
    """(body, content type) of a multipart/form-data request with one file."""
    boundary = uuid.uuid4().hex
    lines = []
    for name, value in fields:
        lines += ["--" + boundary, 'Content-Disposition: form-data; name="%s"' % name, "", value]
    safe = re.sub(r'[\r\n"\\]', "_", filename)
    lines += ["--" + boundary, 'Content-Disposition: form-data; name="file"; filename="%s"' % safe]
    lines += ["Content-Type: application/octet-stream", "", ""]
    body = "\r\n".join(lines).encode() + content + ("\r\n--%s--\r\n" % boundary).encode()
    return body, "multipart/form-data; boundary=" + boundary


def command_evidence_add(args, config):
    """Attach reports to a build."""
    paths = sorted(
        {path for text in args.files for path in glob.glob(text, recursive=True) if os.path.isfile(path)}
    )
    if not paths:
        raise Exit(USAGE, "no file matches %s" % " ".join(args.files))
    if config.truth("dry_run"):
        return DONE, {"dry_run": True, "files": paths}, ["would attach as %s:" % args.kind, *paths]
    server = Server(config)
    build = find_build(server, config)
    items, lines = [], []
    for path in paths:
        name = config.get("name") or os.path.relpath(path).replace(os.sep, "/")
        content = read_file(path, path)
        body, content_type = multipart([("kind", args.kind), ("name", name)], os.path.basename(path), content)
        answer = server.post("/builds/%s/evidence" % urllib.parse.quote(build, safe=""), body, content_type)
        items.append(answer)
        summary = ", ".join("%s %s" % (value, key) for key, value in (answer.get("summary") or {}).items())
        lines.append("%s: %s, %s (%s)" % (path, answer["state"], answer["verdict"], summary))
    rejected = any(item["state"] == "rejected" for item in items)
    return REFUSED if rejected else DONE, {"build": build, "items": items}, lines


def split_target(text):
    """(application, version) of `payments@1.4.2`; Exit 2."""
    application, separator, version = text.partition("@")
    if not (application and separator and version):
        raise Exit(USAGE, "say which release as application@version, not %r" % text)
    return application, version


def seconds_of(text):
    """Seconds of `90`, `45s`, `30m` or `2h`; Exit 2."""
    match = re.match(r"(\d+)([smh]?)\Z", str(text))
    if match is None:
        raise Exit(USAGE, "a time is written as 90, 45s, 30m or 2h, not %r" % text)
    return int(match.group(1)) * {"": 1, "s": 1, "m": 60, "h": 3600}[match.group(2)]


def command_gate_check(args, config):
    """May it go? 0 yes, 3 no, 4 not yet."""
    application, version = split_target(args.release)
    query = {
        "application": application,
        "version": version,
        "environment": config.need("to"),
        "at": config.get("at"),
        "expedited": "true" if config.truth("expedited") else None,
    }
    server = Server(config)
    deadline = time.monotonic() + seconds_of(config.get("wait") or "0")
    while True:
        answer = server.get("/decision", query)
        left = deadline - time.monotonic()
        if answer["verdict"] != "wait" or left <= 0:
            break
        server.sleep(min(15.0, left))
    lines = ["%s@%s to %s: %s" % (application, version, query["environment"], answer["verdict"])]
    if answer.get("until") and not any(
        reason["code"] in FOR_PEOPLE for reason in answer.get("reasons") or []
    ):
        lines[0] += ", until %s" % answer["until"]
    said = ["%s: %s" % (c["name"], c["note"]) for c in answer.get("checks") or [] if c.get("note")]
    if answer.get("runs_there"):
        lines.append("  It already runs there; what follows is for deploying it once more.")
    return (
        {"allow": DONE, "wait": WAITING}.get(answer["verdict"], REFUSED),
        answer,
        lines + said + reason_lines(answer),
    )


ENDS = {
    "succeeded": DONE,
    "failed": FAILED,
    "rolled_back": FAILED,
    "rollback_failed": FAILED,
    "cancelled": REFUSED,
    "rejected": REFUSED,
    "expired": REFUSED,
    "superseded": REFUSED,
    "withdrawn": REFUSED,
    "needs_human": UNCERTAIN,
}


def command_deploy(args, config):
    """Ask for a deployment; with --wait, stay until it ends."""
    application, version = split_target(args.release)
    body = {"application": application, "version": version, "environment": config.need("to")}
    body.update({name: config.get(name) for name in ("reason", "not_before") if config.get(name)})
    if config.truth("expedited"):
        body["expedited"] = True
    parameters = pairs(config.several("parameter"), "--parameter")
    if parameters:
        body["parameters"] = parameters
    limit = seconds_of(config.get("wait")) if config.get("wait") else None
    if config.truth("dry_run"):
        return DONE, {"dry_run": True, "would_post": body}, ["would post:", json.dumps(body, indent=2)]
    server = Server(config)
    answer = server.post("/deployments", body)
    warn("deployment %s: %s %s" % (answer["id"], answer["state"], answer.get("links", {}).get("html", "")))
    code = DONE
    if limit is not None:
        answer, code = follow(server, answer, limit)
    line = "deployment %s of %s@%s to %s: %s" % (
        answer["id"],
        application,
        version,
        body["environment"],
        answer["state"],
    )
    return code, answer, [line, *reason_lines(answer)]


def follow(server, answer, limit):
    """Long-poll the deployment until it ends or `limit` seconds are over; (last answer, exit code)."""
    deadline, seen = time.monotonic() + limit, answer["state"]
    while answer["state"] not in ENDS:
        left = deadline - time.monotonic()
        if left <= 0:
            return answer, UNCERTAIN if answer["state"] == "uncertain" else WAITING
        began = time.monotonic()
        wait = max(1, min(60, int(left)))
        answer = server.get("/deployments/%s" % answer["id"], {"wait": wait}, extra=wait)
        if answer["state"] != seen:
            seen = answer["state"]
            warn("deployment %s: %s" % (answer["id"], seen))
        if answer["state"] not in ENDS and time.monotonic() - began < 1:
            server.sleep(min(5.0, max(0.0, deadline - time.monotonic())))  # it waits for people: do not spin
    return answer, ENDS[answer["state"]]


STATUS_ROW = "%-20s %-12s %s"


def command_status(args, config):
    """What runs where."""
    answer = Server(config).get("/board", {"application": args.application_name})
    lines = []
    for item in answer["items"]:
        progress = item.get("in_progress")
        since = re.sub(
            r"\.\d+", "", item.get("since") or ""
        )  # seconds are enough for a person; --json has all
        text = STATUS_ROW % (item["environment"], item.get("version") or "-", since)
        lines.append(text.rstrip() + (" (in progress: %s)" % progress_of(progress) if progress else ""))
    head = STATUS_ROW % ("ENVIRONMENT", "VERSION", "SINCE")
    return DONE, answer, [head, *lines] if lines else ["nothing recorded for %s" % args.application_name]


def progress_of(progress):
    if isinstance(progress, dict):
        return " ".join(str(progress[key]) for key in ("version", "state", "id") if progress.get(key))
    return str(progress)


def command_window_next(_args, config):
    """When may something roll out?"""
    environment = config.need("env")
    query = {"application": config.get("application"), "from": config.get("from")}
    answer = Server(config).get(
        "/environments/%s/next-opening" % urllib.parse.quote(environment, safe=""), query
    )
    if answer["open_now"]:
        line = "%s is open%s" % (
            environment,
            ", until %s" % answer["closes_at"] if answer["closes_at"] else "",
        )
    elif answer["opens_at"]:
        line = "%s opens at %s, until %s" % (environment, answer["opens_at"], answer["closes_at"])
    else:
        line = "%s does not open in the next 90 days" % environment
    return DONE, answer, [line, *reason_lines(answer)]


def command_whoami(_args, config):
    """Who does the server think we are?"""
    answer = Server(config).get("/whoami")
    said = {key: ", ".join(value) if isinstance(value, list) else value for key, value in answer.items()}
    return DONE, answer, ["%s: %s" % (key, value) for key, value in said.items() if value]


EVERY_VALUE = (
    "url", "token", "application", "version", "commit", "branch", "repository", "submitter", "built_at",
    "run_provider", "run_id", "run_attempt", "run_url", "commits", "build", "to", "env", "wait", "reason",
    "output", "timeout", "retries", "dry_run", "fail_open",
)  # fmt: skip


def command_doctor(_args, config):
    """Every value with its origin, and whether the server answers; what is wrong does not hide the values."""
    values, lines = {}, ["relgate %s, Python %s, %s" % (VERSION, sys.version.split()[0], config.file_note)]
    lines.append("CI: %s" % (config.ci or "none detected"))
    for name in EVERY_VALUE:
        value, origin = config.find(name)
        shown = value if name != "token" or not value else str(value)[:4] + "…"
        values[name] = {"value": shown, "origin": origin}
        if shown is not None or name in ("url", "token", "application"):
            lines.append("%-12s %-18s %s" % (name, origin, shown if shown is not None else "-"))
    answer = {"ci": config.ci, "values": values}
    try:
        answer["whoami"] = identity = Server(config).get("/whoami")
    except Exit as problem:
        return problem.code, dict(answer, error=problem.message), [*lines, problem.message]
    return DONE, answer, [*lines, "the server answers and knows us as %s" % identity.get("actor")]


RECORD = """python3 relgate.py build record --application APP --version {version} --commits auto \\
  --artifact 'function=s3://BUCKET/KEY#VERSION_ID' --artifact-file function=dist/app.zip"""
EVIDENCE = "python3 relgate.py evidence add junit 'reports/**/*.xml' --application APP --version {version}"
# Per CI: how it calls the version, and what to paste. [[record]] and [[evidence]] keep the indentation they
# stand at.
SNIPPETS = {
    "github": (
        "$GITHUB_REF_NAME",
        """
steps:
  - uses: actions/checkout@v5
    with: {fetch-depth: 0}
  - run: |
      [[record]]
      [[evidence]]
    env:
      RELGATE_URL: [[url]]
      RELGATE_TOKEN: ${{ secrets.RELGATE_TOKEN }}
""",
    ),
    "gitlab": (
        "$CI_COMMIT_TAG",
        """
release_gate:
  image: python:3.13-slim
  variables: {GIT_DEPTH: "0", RELGATE_URL: "[[url]]"}   # RELGATE_TOKEN: a masked CI/CD variable
  script:
    - |
      [[record]]
      [[evidence]]
""",
    ),
    "jenkins": (
        "$VERSION",
        """
withCredentials([string(credentialsId: 'release-gate', variable: 'RELGATE_TOKEN')]) {
  withEnv(['RELGATE_URL=[[url]]']) {
    sh '''
      [[record]]
      [[evidence]]
    '''
  }
}
""",
    ),
    "codebuild": (
        "$VERSION",
        """
env:
  variables: {RELGATE_URL: "[[url]]"}
  secrets-manager: {RELGATE_TOKEN: "release-gate:token"}
phases:
  post_build:
    commands:
      - |
        [[record]]
        [[evidence]]
""",
    ),
    "circleci": (
        "$CIRCLE_TAG",
        """
# RELGATE_URL=[[url]] and RELGATE_TOKEN come from a context
- run: |
    [[record]]
    [[evidence]]
""",
    ),
    "bitbucket": (
        "$BITBUCKET_TAG",
        """
# RELGATE_URL=[[url]] and RELGATE_TOKEN are repository variables
- step:
    script:
      - |
        [[record]]
        [[evidence]]
""",
    ),
    "buildkite": (
        "$BUILDKITE_TAG",
        """
- command: |
    [[record]]
    [[evidence]]
  env: {RELGATE_URL: "[[url]]"}   # RELGATE_TOKEN: from the agent's secrets
""",
    ),
    "azure": (
        "$(Build.SourceBranchName)",
        """
- script: |
    [[record]]
    [[evidence]]
  env:
    RELGATE_URL: [[url]]
    RELGATE_TOKEN: $(RELGATE_TOKEN)
""",
    ),
}


def command_snippet(args, config):
    """Lines to paste into a CI."""
    version, text = SNIPPETS[args.system]
    text = text.strip("\n").replace("[[url]]", config.get("url") or "https://release-gate.example.com")
    for name, command in (("record", RECORD), ("evidence", EVIDENCE)):
        command = command.replace("{version}", '"%s"' % version)
        command = command.replace("APP", config.get("application") or "APP")
        mark = re.search(r"^( *)\[\[%s\]\]" % name, text, re.MULTILINE)
        text = text.replace("[[%s]]" % name, command.replace("\n", "\n" + mark.group(1)))
    return DONE, {"system": args.system, "snippet": text}, [text]


# ----------------------------------------------------------------------------------------------------
# The command line
# ----------------------------------------------------------------------------------------------------


def global_flags():
    """Flags every command takes; without a default, so that the environment can speak where a flag is
    silent."""
    flags = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    flags.add_argument("--url", help="the address of Release Gate")
    flags.add_argument("--token", help="an application or personal token; better: RELGATE_TOKEN")
    flags.add_argument("--application", help="the application")
    flags.add_argument(
        "--output", choices=("text", "json", "github"), help="text, json, or text with GitHub's commands"
    )
    flags.add_argument("--timeout", help="seconds one request may take (30)")
    flags.add_argument("--retries", help="how often a request is tried again (5)")
    flags.add_argument(
        "--dry-run", action="store_const", const="true", help="show what would be sent, send nothing"
    )
    flags.add_argument(
        "--fail-open", action="store_const", const="true", help="turn exit code 8, and only 8, into 0"
    )
    return flags


def build_parser():
    """The whole command line."""
    flags = global_flags()
    parser = argparse.ArgumentParser(prog="relgate", description=__doc__.split("\n\n")[0], parents=[flags])
    parser.add_argument("--version", dest="show_version", action="version", version="relgate " + VERSION)
    commands = parser.add_subparsers(metavar="command", required=True)

    def add(group, name, run, text):
        command = group.add_parser(name, parents=[flags], help=text, description=text)
        command.set_defaults(run=run)
        return command

    def group(name, text):
        return commands.add_parser(name, help=text).add_subparsers(metavar="command", required=True)

    add_record(add(group("build", "hand builds over"), "record", command_build_record, "record a build"))
    add_evidence(
        add(group("evidence", "reports of a build"), "add", command_evidence_add, "attach reports to a build")
    )
    check = add(group("gate", "may it go?"), "check", command_gate_check, "ask the gate; changes nothing")
    check.add_argument("release", help="application@version")
    check.add_argument("--to", default=argparse.SUPPRESS, help="the environment")
    check.add_argument("--at", default=argparse.SUPPRESS, help="a time with offset (now)")
    check.add_argument("--wait", default=argparse.SUPPRESS, help="ask again until then: 90, 45s, 30m, 2h")
    add_expedited(check)
    add_deploy(add(commands, "deploy", command_deploy, "request a deployment"))
    add(commands, "status", command_status, "what runs where").add_argument(
        "application_name", metavar="application"
    )
    window = add(group("window", "maintenance windows"), "next", command_window_next, "the next opening")
    window.add_argument("--env", default=argparse.SUPPRESS, help="the environment")
    window.add_argument("--from", default=argparse.SUPPRESS, help="a time with offset (now)")
    add(commands, "whoami", command_whoami, "who the server thinks we are")
    add(commands, "doctor", command_doctor, "every value with its origin, and whether the server answers")
    add(commands, "snippet", command_snippet, "lines for a CI").add_argument(
        "system", choices=sorted(SNIPPETS)
    )
    add_verify(add(commands, "verify", command_verify, "check a bundle of the audit log, offline"))
    return parser


def add_record(record):
    """The flags of `build record`; what is not given comes from the environment, the CI and git."""
    record.add_argument(
        "--artifact", action="append", help="name[:kind]=uri#versionId[@sha256:…]; repeat for more"
    )
    record.add_argument(
        "--artifact-file", action="append", help="name=PATH of a local copy: digest and size from it"
    )
    for name in ("version", "commit", "branch", "repository", "submitter", "built-at"):
        record.add_argument("--" + name, default=argparse.SUPPRESS)
    for name in ("run-provider", "run-id", "run-attempt", "run-url"):
        record.add_argument("--" + name, default=argparse.SUPPRESS)
    record.add_argument("--commits", default=argparse.SUPPRESS, help="auto, none or from..to (none)")


# As the server takes them (builds/actions/attach_evidence.py); a test compares the two.
EVIDENCE_KINDS = ("junit", "coverage", "sarif", "sbom", "provenance", "cfn-lint", "custom")


def add_evidence(evidence):
    evidence.add_argument("kind", choices=EVIDENCE_KINDS)
    evidence.add_argument("files", nargs="+", help="files or patterns (** goes into folders)")
    evidence.add_argument("--name", help="what to call it (the path)")
    build = "the bld_ id; else --application and --version"
    evidence.add_argument("--build", default=argparse.SUPPRESS, help=build)
    evidence.add_argument("--version", default=argparse.SUPPRESS)


def add_verify(verify):
    verify.add_argument("bundle", help="the .rgaudit file")
    key = "the log's key, or a file with it; got out of band, never from the bundle"
    verify.add_argument("--key", help=key)
    saved = "a checkpoint saved earlier, which the log must still contain"
    verify.add_argument("--checkpoint", help=saved)


def add_expedited(command):
    command.add_argument(
        "--expedited",
        action="store_const",
        const="true",
        default=argparse.SUPPRESS,
        help="the expedited way of the pipeline; the deployment stays marked",
    )


def add_deploy(deploy):
    deploy.add_argument("release", help="application@version")
    deploy.add_argument("--to", default=argparse.SUPPRESS, help="the environment")
    deploy.add_argument("--wait", help="stay until it ends, at most so long: 90, 45s, 30m, 2h")
    deploy.add_argument("--reason")
    deploy.add_argument("--not-before", help="a time with offset")
    add_expedited(deploy)
    deploy.add_argument("--parameter", action="append", help="Name=value; repeat for more")


def escape_github(text, name=False):
    """A value inside a workflow command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if name else text


def show(mode, code, answer, lines, stream):
    """Print the outcome: for a person, as JSON, or with GitHub's annotations, summary and outputs."""
    if mode == "json":
        print(json.dumps(dict(answer, exit_code=code), ensure_ascii=False, sort_keys=True))
        return
    for line in lines:
        print(line, file=stream)
    if mode != "github":
        return
    if code:
        level = "warning" if code == WAITING else "error"
        print("::%s title=relgate::%s" % (level, escape_github("\n".join(lines))))
    outputs = {
        "exit_code": code,
        "id": answer.get("id"),
        "state": answer.get("state") or answer.get("verdict"),
    }
    outputs["url"] = (answer.get("links") or {}).get("html")
    text = "".join("%s=%s\n" % (k, str(v).replace("\n", " ")) for k, v in outputs.items() if v is not None)
    append_to("GITHUB_OUTPUT", text)
    if str(answer.get("id", "")).startswith("bld_"):
        append_to("GITHUB_ENV", "RELGATE_BUILD=%s\n" % answer["id"])
    append_to("GITHUB_STEP_SUMMARY", "```\n%s\n```\n" % "\n".join(lines)[:900000].replace("```", "'''"))


def append_to(variable, text):
    """Append to the file that GitHub names in `variable`, if it does."""
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


def main(arguments=None):
    """Run one command; the exit code."""
    args = build_parser().parse_args(arguments)
    mode, stream = "text", sys.stdout
    try:
        config = Config(vars(args), os.environ)
        mode = str(config.get("output"))
        if mode not in ("text", "json", "github"):
            mode, given = "text", mode
            raise Exit(USAGE, "output must be text, json or github, not %r" % given)
        code, answer, lines = args.run(args, config)
    except Exit as error:
        code, answer, lines = (
            error.code,
            dict(error.details, error=error.message),
            ["relgate: " + error.message],
        )
        stream = sys.stderr if mode == "text" else sys.stdout
    except KeyboardInterrupt:
        warn("interrupted")
        return 130
    if code == SERVER and config.truth("fail_open"):
        warn("FAIL-OPEN: the gate was NOT asked, and this step goes on regardless")
        code = DONE
    show(mode, code, answer, lines, stream)
    return code


if __name__ == "__main__":
    sys.exit(main())
