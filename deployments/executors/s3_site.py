"""S3 static site: every release lies under its own prefix; one write of the entry document switches to it.

The entry document is the bundle's own, with a `<base>` element so that its relative addresses reach the release's
prefix, and metadata that names the release: reading that one object says what is live. Rollback is the same write.
"""

import hashlib
import io
import json
import mimetypes
import re
import zipfile

from aws.errors import FaultKind, classify
from builds.testspec import ZIP_ERRORS
from deployments.executor import Call, Calls, Context, Done, Failed, Poll, Progress

MOST_FILES = 2000
MOST_BYTES = 200 * 1024 * 1024
MANIFEST = ".release-gate.json"
MANIFEST_BYTES = 4 * 1024 * 1024


class BundleInvalid(ValueError):
    """The s3-bundle is not a usable zip."""


class S3Site:
    kind = "s3-site"
    artifact_kinds = ()

    def plan(self, context: Context) -> Progress:
        try:
            files = _files(context)
        except BundleInvalid as error:
            return Failed(str(error), code="plan_failed", changed=False)
        live = _release(_head(context))
        wanted = _hex(context)
        if live == wanted:
            return Done("This release is live.", {"state": "none", "changes": [], "data": {"from": live}})
        before = _manifest(context, live) if live else {}
        changes = compare(before, {name: _sha(data) for name, data in files.items()})
        entry = {
            "action": "Modify" if live else "Add",
            "logical_id": _entry(context),
            "type": "EntryDocument",
            "replacement": None,
        }
        return Done(
            f"{_files_of(len(changes))} {'differs' if len(changes) == 1 else 'differ'}.",
            {"state": "ready", "changes": [entry, *changes], "data": {"from": live}},
        )

    def apply(self, context: Context) -> Progress:
        return _switch(context, "apply")

    def rollback(self, context: Context) -> Progress:
        return _switch(context, "rollback")

    def cleanup(self, context: Context) -> Progress:
        return Done("A plan of a site leaves nothing behind.")


def _files_of(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def compare(before: dict, after: dict) -> list[dict]:
    """Add, Modify and Remove by path, sorted; unchanged files are not listed."""
    rows = []
    for path in sorted({*before, *after}):
        if before.get(path) == after.get(path):
            continue
        action = "Add" if path not in before else "Remove" if path not in after else "Modify"
        rows.append({"action": action, "logical_id": path, "type": "File", "replacement": None})
    return rows


def _entry(context: Context) -> str:
    return context.settings.get("entry", "index.html")


def _hex(context: Context) -> str:
    return context.artifacts[context.settings["artifact"]].digest.removeprefix("sha256:")


def _prefix(digest: str) -> str:
    return f"releases/{digest}/"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files(context: Context) -> dict[str, bytes]:
    """The bundle's files by path. Refuses path tricks, bombs, and a bundle without its entry document."""
    name = context.settings["artifact"]
    if name not in context.artifacts:
        raise BundleInvalid(f"The build has no artifact named {name}.")
    data = context.read_artifact(name)
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            entries = [info for info in bundle.infolist() if not info.is_dir()]
            if len(entries) > MOST_FILES or sum(info.file_size for info in entries) > MOST_BYTES:
                raise BundleInvalid(f"The bundle has more than {MOST_FILES} files or {MOST_BYTES} bytes.")
            for info in entries:
                path = info.filename
                if (
                    path.startswith("/")
                    or "\\" in path
                    or ".." in path.split("/")
                    or (info.external_attr >> 28) == 0xA
                ):
                    raise BundleInvalid(f"The bundle has an unsafe path: {path[:100]}")
                files[path] = bundle.read(info)
    except BundleInvalid:
        raise
    except ZIP_ERRORS as error:
        raise BundleInvalid(f"The bundle is not a zip file that can be read: {error}") from error
    if _entry(context) not in files:
        raise BundleInvalid(f"The bundle has no {_entry(context)}.")
    return files


def _s3(context: Context):
    return context.session.client("s3", retries=True)


def _head(context: Context) -> dict | None:
    """What S3 says of the entry document; None without one."""
    try:
        return _s3(context).head_object(Bucket=context.settings["bucket"], Key=_entry(context))
    except Exception as error:
        if classify(error).kind == FaultKind.GONE:
            return None
        raise


def _release(head: dict | None) -> str | None:
    """The digest of the release that the entry document names."""
    return (head or {}).get("Metadata", {}).get("rg-release") or None


def _manifest(context: Context, digest: str) -> dict[str, str]:
    try:
        found = _s3(context).get_object(Bucket=context.settings["bucket"], Key=_prefix(digest) + MANIFEST)
    except Exception as error:
        if classify(error).kind == FaultKind.GONE:
            return {}
        raise
    return _read_manifest(found["Body"].read(MANIFEST_BYTES + 1))


def _read_manifest(data: bytes) -> dict[str, str]:
    """Digests by path. What somebody else wrote there is as good as nothing: the file then counts as new."""
    try:
        files = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    known = files.items() if isinstance(files, dict) else ()
    return {path: sha for path, sha in known if path.isprintable() and isinstance(sha, str)}


def _laid(context: Context) -> dict[str, str]:
    """Keys already under this release's prefix, with their ETag."""
    pages = (
        _s3(context)
        .get_paginator("list_objects_v2")
        .paginate(Bucket=context.settings["bucket"], Prefix=_prefix(_hex(context)))
    )
    return {o["Key"]: o["ETag"].strip('"') for page in pages for o in page.get("Contents", [])}


def _lies(context: Context, key: str, etag: str | None, token: str, data: bytes) -> bool:
    """Whether `data` is what lies under the key. Its ETag is the MD5 of a single put, but not under a KMS key (Amazon
    S3 API Reference, "Object"): there it is known by the answer to our own put, or by the digest we left with it."""
    if etag is None:
        return False
    if etag == hashlib.md5(data, usedforsecurity=False).hexdigest():
        return True
    intent = context.sent(token)
    if intent is not None and intent.outcome == "done" and intent.response.get("ETag", "").strip('"') == etag:
        return True
    head = _s3(context).head_object(Bucket=context.settings["bucket"], Key=key)
    sealed = head.get("ServerSideEncryption", "").startswith("aws:kms")
    return sealed and head["Metadata"].get("rg-sha256") == _sha(data)


def _switch(context: Context, purpose: str) -> Progress:
    """Lay what is missing, then write the entry document; done when reading it back says so.

    The write names the document it replaces (If-Match; Amazon S3 User Guide, "Conditional writes"): a worker that
    hung before sending it, while another went on, is refused by S3 itself and overwrites nothing newer.
    """
    wanted, head = _hex(context), _head(context)
    if _release(head) == wanted:
        context.saw(head["Metadata"].get("rg-intent", ""))
        return Done(f"{context.version} is live.")
    if purpose == "apply" and _overtaken(context, head):
        text = "Another release is live than the one the plan was made against."
        return Failed(text, code="plan_stale", changed=False)
    try:
        files = _files(context)
    except BundleInvalid as error:
        return Failed(str(error), code="bundle_invalid", changed=False)
    missing = _missing(context, files, purpose)
    if missing:
        return Calls(tuple(missing), f"Laying {_files_of(len(missing))} of {context.version}.")
    token = f"{context.name_prefix}-switch"
    intent = context.sent(token)
    if intent is not None and intent.outcome == "done":
        return Poll("The switch is written and not visible yet.")
    params = {
        "Bucket": context.settings["bucket"],
        "Key": _entry(context),
        "ContentType": _type(_entry(context)),
        "CacheControl": "no-cache",
        "Metadata": {"rg-release": wanted, "rg-version": context.version, "rg-intent": token},
        **({"IfMatch": head["ETag"]} if head else {"IfNoneMatch": "*"}),
    }
    body = with_base(files[_entry(context)], "/" + _prefix(wanted))
    target = f"s3://{context.settings['bucket']}/{_entry(context)}"
    return Calls(
        (Call("s3.PutObject", params, token, target, purpose, body=body),), f"Switching to {context.version}."
    )


def _overtaken(context: Context, head: dict | None) -> bool:
    """Whether somebody switched since the plan; once our own switch was sent, its outcome is read instead."""
    unsent = context.sent(f"{context.name_prefix}-switch") is None
    return unsent and "from" in context.data and _release(head) != context.data["from"]


def _missing(context: Context, files: dict[str, bytes], purpose: str) -> list[Call]:
    laid = _laid(context)
    digest = _hex(context)
    manifest = json.dumps({name: _sha(data) for name, data in files.items()}, sort_keys=True).encode()
    calls = []
    for path, data in sorted({**files, MANIFEST: manifest}.items()):
        key = _prefix(digest) + path
        token = f"{context.name_prefix}-lay-{_sha(key.encode())[:16]}"
        if _lies(context, key, laid.get(key), token, data):
            context.saw(token, ETag=laid[key])
            continue
        params = {
            "Bucket": context.settings["bucket"],
            "Key": key,
            "ContentType": _type(path),
            "CacheControl": "public, max-age=31536000, immutable",
            "Metadata": {"rg-sha256": _sha(data)},
        }
        calls.append(
            Call(
                "s3.PutObject", params, token, f"s3://{context.settings['bucket']}/{key}", purpose, body=data
            )
        )
    return calls


def _type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def with_base(html: bytes, base: str) -> bytes:
    """The document with `<base href>` as the first thing in its head (HTML Living Standard, 4.2.3)."""
    tag = f'<base href="{base}">'.encode()
    marked, count = re.subn(
        rb"(<head(?:\s[^>]*)?>)", lambda match: match.group(1) + tag, html, count=1, flags=re.IGNORECASE
    )
    return marked if count else tag + html
