"""What the scripted server answers, and the fixtures of the commands' tests."""

DIGEST = "sha256:" + "ab" * 32
SHA = "9f31c0" + "0" * 34
BUILD = {
    "id": "bld_1",
    "state": "received",
    "created": True,
    "release": "rel_1",
    "warnings": [],
    "links": {"html": "https://rg/b"},
}
DEPLOYMENT = {"id": "dep_1", "state": "needs_approval", "reasons": [], "links": {"html": "https://rg/d"}}
RECORD = [
    "build",
    "record",
    "--application",
    "payments",
    "--version",
    "1.4.2",
    "--commit",
    SHA,
    "--branch",
    "main",
]
RECORD += ["--repository", "https://github.com/acme/payments"]
ARTIFACT = ["--artifact", f"f=s3://b/f#1@{DIGEST}"]


def problem(code: str, **more) -> dict:
    """A problem document with that code."""
    return {"code": code, "title": "No", "detail": f"about {code}", "status": 0, **more}
