import pytest

from deployments import redaction
from pipelines.secrets import TOKENS, find_secret
from releasegate import logs

# Put together at run time, so that no scanner takes this file for a leak.
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
TEMPORARY = "ASIA" + "IOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    KEY_ID,
    TEMPORARY,
    f"id={KEY_ID};",
    f"a\n{KEY_ID}\nb",
    PEM,
    PEM.replace("RSA ", ""),
    PEM.replace("RSA", "OPENSSH"),
    PEM.replace("RSA", "ENCRYPTED"),
    "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----",
    "ghp_" + "a" * 36,
    "gho_" + "B1" * 18,
    "ghs_" + "c" * 40,
    "github_pat_" + "1" * 22 + "_" + "x" * 59,
    "glpat-" + "x" * 20,
    "xoxb-" + "1234567890-abcdef",
    "xoxp-" + "1234567890",
    "xapp-" + "1-A1234567890",
    "https://hooks.slack.com/services/" + "T000/B000/XXXX",
    "rgt_" + "a1B2c3D4e5F6g7H8",
    "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w",
    "postgres://user:" + "hunter22@db.internal/x",
    "https://x:" + "y0ken@example.com/",
]
INNOCENT = [
    "",
    "prod",
    "payments-prod",
    "CAPABILITY_IAM",
    "111111111111",
    "arn:aws:iam::111111111111:role/deploy",
    "AKIA",
    "AKIA123",
    "XAKIAIOSFODNN7EXAMPLEX",
    "AROA" + "IOSFODNN7EXAMPLE",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "9f31c0" + "a" * 34,
    "sha256:" + "a" * 64,
    SECRET,
    "https://example.com:8080/path",
    "s3://bucket/key",
    "ghp_short",
    "xoxb-",
    "rgt_",
    "mailto:dana@acme.example",
    3,
    None,
    True,
    1.5,
]


@pytest.mark.parametrize("value", SECRETS)
def test_a_secret_is_found_wherever_it_lies(value):
    assert (
        find_secret({"stack": "x", "parameters": {"A": "b", "Weird/Name": [1, value]}})
        == "/parameters/Weird~1Name/1"
    )
    assert find_secret(value) == ""
    assert find_secret([value]) == "/0"


@pytest.mark.parametrize("value", SECRETS)
def test_a_secret_used_as_a_key_is_pointed_at_by_its_holder_and_not_repeated(value):
    pointer = find_secret({"parameters": {value: "x"}})
    assert pointer == "/parameters"
    assert value not in pointer


@pytest.mark.parametrize("value", INNOCENT)
def test_ordinary_values_are_left_alone(value):
    assert find_secret({"parameters": {"Stage": value}}) is None


@pytest.mark.parametrize(
    "key", ["SecretKey", "aws_secret_access_key", "AwsSecret", "api-token", "CREDENTIALS", "AccessKey"]
)
def test_forty_characters_of_base64_beside_a_telling_key_are_a_secret(key):
    assert find_secret({key: SECRET}) == f"/{key}"
    assert find_secret({key: ["x", {"deeper": "y"}, SECRET]}) == f"/{key}/2"


@pytest.mark.parametrize(
    "key", ["Password", "DB_PASSWORD", "clientSecret", "api-key", "privateKey", "MasterUserPassword"]
)
def test_a_key_that_says_what_it_holds_takes_references_only(key):
    assert find_secret({key: "correct horse battery"}) == f"/{key}"
    for reference in (
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf",
        "arn:aws-us-gov:ssm:us-gov-west-1:111111111111:parameter/db",
        "{{resolve:secretsmanager:db:SecretString:password}}",
        "{{resolve:ssm-secure:/db/password:1}}",
        "/payments/prod/db-password",
        "",
        "yes",
        True,
        None,
    ):
        assert find_secret({key: reference}) is None


def test_a_reference_that_carries_a_secret_is_no_reference():
    assert find_secret({"Password": f"{{{{resolve:ssm:{KEY_ID}}}}}"}) == "/Password"
    assert find_secret({"Password": "arn:aws:ssm:x hunter2hunter2"}) == "/Password"


@pytest.mark.parametrize("key", ["PasswordPolicy", "TokenTtl", "SecretName", "KeyId"])
def test_a_key_that_only_speaks_of_secrets_takes_ordinary_values(key):
    assert find_secret({key: "strict"}) is None


def test_the_first_in_the_order_of_the_file_is_named():
    assert find_secret({"a": [KEY_ID], "b": PEM}) == "/a/0"


def test_any_nesting_is_read():
    value = KEY_ID
    for _ in range(20_000):
        value = [value]
    assert find_secret(value) == "/0" * 20_000


@pytest.mark.parametrize("secret", [text for text in SECRETS if any(shape.search(text) for shape in TOKENS)])
def test_a_token_that_parameters_may_not_hold_is_masked_in_every_log(secret):
    found = next(shape.search(secret).group() for shape in TOKENS if shape.search(secret))
    for redact in (redaction.redact, logs.redact):
        cleaned = redact(f"before {secret} after")
        assert found not in cleaned
        assert cleaned.startswith("before ")
        assert cleaned.endswith(" after")
