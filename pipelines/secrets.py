"""What a secret looks like; find one in parameters, without ever repeating it (requirement B12).

`TOKENS` is the one list of shapes: what is refused in parameters is masked by the same shapes in the logs of
deployments (deployments.redaction) and of processes (releasegate.logs). Only aws.errors, below all of these, has its
own: it takes out every long run of base64, because a message of AWS needs none.

Token shapes: AWS IAM User Guide "Understanding unique ID prefixes"; RFC 7468 for keys; GitHub's "token
formats"; Slack's "token types". References to Secrets Manager and SSM parameters belong there.
"""

import re
from collections.abc import Mapping

from kernel.yaml_marks import join

TOKENS = (
    re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}"),
    re.compile(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,}"),
    re.compile(r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"(?<![A-Za-z0-9])xapp-[0-9]-[A-Za-z0-9-]{10,}"),
    re.compile(r"hooks\.slack\.com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+"),
    re.compile(r"(?<![A-Za-z0-9])rgt_[A-Za-z0-9_-]{16,}"),
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}"),
)
_SHAPES = (
    *TOKENS,
    # Any number of letters and blanks between the words: RSA, EC, OPENSSH, ENCRYPTED, PGP … BLOCK.
    re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----"),
    re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{0,200}:[^/\s:@]{1,200}@"),
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_REFERENCE = re.compile(
    r"arn:aws[a-z-]*:(secretsmanager|ssm):[^\s]{1,500}"
    r"|\{\{resolve:(secretsmanager|ssm|ssm-secure):[^\s{}]{1,500}\}\}"
    r"|/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+"  # the name of an SSM parameter
)
_KEY_SUGGESTS = ("secret", "password", "passwd", "token", "credential", "privatekey", "apikey", "accesskey")
_KEY_SAYS = (
    "password",
    "passwd",
    "passphrase",
    "secretaccesskey",
    "secretkey",
    "privatekey",
    "clientsecret",
    "apikey",
)
_TOO_SHORT = 4  # `Password: ""`, `no`, `true` are settings, not secrets


def find_secret(value: object) -> str | None:
    """The JSON pointer (RFC 6901) of the first value or key in plain data that looks like a secret, or None.

    A key that itself looks like a secret is pointed at by what holds it, because a pointer would repeat it.
    Never raises and never recurses: any nesting is read.
    """
    waiting: list[tuple[str, str, object]] = [("", "", value)]
    while waiting:
        pointer, key, item = waiting.pop()
        if isinstance(item, str) and _looks_secret(key, item):
            return pointer
        if isinstance(item, Mapping):
            if any(_has_shape(str(name)) for name in item):
                return pointer
            inner = [(join(pointer, name), str(name), child) for name, child in item.items()]
            waiting.extend(reversed(inner))
        elif isinstance(item, list | tuple):
            # A list is named by the key that holds it: `Passwords: [a, b]`.
            waiting.extend(reversed([(join(pointer, index), key, child) for index, child in enumerate(item)]))
    return None


def _has_shape(text: str) -> bool:
    return any(shape.search(text) for shape in _SHAPES)


def _looks_secret(key: str, text: str) -> bool:
    if _has_shape(text):
        return True
    if _REFERENCE.fullmatch(text.strip()):
        return False
    name = re.sub(r"[^a-z0-9]", "", key.lower())
    if any(word in name for word in _KEY_SUGGESTS) and _AWS_SECRET.search(text):
        return True
    return name.endswith(_KEY_SAYS) and len(text.strip()) > _TOO_SHORT
