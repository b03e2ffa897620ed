"""The CloudFormation API: which action is served where, and what all actions share."""

import time
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

from aws.sandbox.cloudformation import template as templates
from aws.sandbox.cloudformation.operations import Operations
from aws.sandbox.cloudformation.state import Book, ChangeSet, Stack
from aws.sandbox.faults import Faults
from aws.sandbox.floor import Floor
from aws.sandbox.wire import Answer, AwsError, Call, parse_query_body, xml_answer

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


class CloudFormation:
    """CloudFormation of all accounts. Actions register themselves in ACTIONS (see api_*.py)."""

    def __init__(self, floor: Floor, faults: Faults, operations: Operations):
        self.floor, self.faults, self.operations = floor, faults, operations
        self.books: dict[tuple[str, str], Book] = defaultdict(Book)
        self.actions: dict[str, Any] = {}

    def register(self, actions: dict[str, Any]) -> None:
        """Add actions: name → function(service, call, params) → result dict."""
        self.actions |= actions

    def handle(self, call: Call) -> Answer:
        """Serve one call; raises AwsError as the CloudFormation API reference documents."""
        action = self.actions.get(call.action)
        if action is None:
            raise AwsError("InvalidAction", f"The action {call.action} is not valid for this endpoint.")
        params = parse_query_body(call.body)
        call.target = params.get("StackName", "")
        call.token = params.get("ClientRequestToken") or params.get("ClientToken") or ""
        if params.get("ChangeSetName") and params.get("StackName"):
            call.target = f"{params['StackName']}/{params['ChangeSetName']}"
        return xml_answer(call, NAMESPACE, action(self, call, params))

    def book(self, call: Call) -> Book:
        """The stacks of the caller's account in the region of the call."""
        return self.books[(call.account, call.region)]

    def hidden_after(self, call: Call, text: str) -> float:
        """The time (epoch s) after which new things are hidden from this call; infinity when nothing is."""
        rule = self.faults.lasting("hidden", call.account, "cloudformation", text, action=call.action)
        return time.time() - rule.seconds if rule else float("inf")

    def stack(self, call: Call, name: str, *, message: str = "Stack [{}] does not exist") -> Stack:
        """The stack of that name or id. Raises ValidationError with `message` if there is none."""
        if not name:
            raise templates.invalid("StackName is required")
        found = self.book(call).find(name)
        if found is None or found.created_at > self.hidden_after(call, found.name):
            raise templates.invalid(message.format(name))
        return found

    def change_set(self, call: Call, params: dict[str, Any]) -> tuple[Stack, ChangeSet]:
        """The change set a call names, by id or by name and stack. Raises ChangeSetNotFound (404)."""
        name = params.get("ChangeSetName", "")
        stacks = self.book(call).stacks
        if params.get("StackName"):
            held = self.book(call).find(params["StackName"])
            if held is None:
                raise templates.invalid(f"Stack [{params['StackName']}] does not exist")
            stacks = [held]
        elif not name.startswith("arn:"):
            raise templates.invalid("StackName must be specified if ChangeSetName is not an ARN.")
        for stack in reversed(stacks):
            for found in stack.change_sets.values():
                if name in (found.arn, found.name):
                    if found.created_at > self.hidden_after(call, f"{stack.name}/{found.name}"):
                        break
                    return stack, found
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def template_text(self, call: Call, params: dict[str, Any]) -> str:
        """The template of a request, from TemplateBody or from S3 with the caller's account's rights."""
        body, url = params.get("TemplateBody"), params.get("TemplateURL")
        if bool(body) == bool(url):
            raise templates.invalid("Either Template URL or Template Body must be specified.")
        if body:
            if len(body.encode()) > templates.BODY_LIMIT_BYTES:
                raise templates.invalid(
                    f"'templateBody' must have length less than or equal to {templates.BODY_LIMIT_BYTES}"
                )
            return body
        bucket, key, version = parse_template_url(url)
        request = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
        try:
            answer = self.floor.client("s3", call.account, call.region).get_object(**request)
        except ClientError as exc:
            raise templates.invalid(
                f"S3 error: {exc.response['Error'].get('Message', 'Access Denied')}"
            ) from exc
        if answer["ContentLength"] > templates.URL_LIMIT_BYTES:
            raise templates.invalid("Template may not exceed 1000000 bytes in size.")
        return answer["Body"].read().decode("utf-8", "replace")


def parse_template_url(url: str) -> tuple[str, str, str | None]:
    """(bucket, key, version) of a TemplateURL: virtual-hosted or path style, or the sandbox's own address.

    CloudFormation API reference, CreateChangeSet, "TemplateURL": must point to a template in an S3 bucket.
    """
    parts = urlsplit(url)
    path = parts.path.lstrip("/")
    version = parse_qs(parts.query).get("versionId", [None])[0]
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not path:
        raise templates.invalid("TemplateURL must be a supported URL.")
    head, found, tail = host.partition(".s3")
    if found and tail.endswith("amazonaws.com"):
        return head, path, version
    bucket, _, key = path.partition("/")
    if not (host.startswith("s3") and host.endswith("amazonaws.com")) and host not in (
        "127.0.0.1",
        "localhost",
    ):
        raise templates.invalid("TemplateURL must be a supported URL.")
    if not key:
        raise templates.invalid("TemplateURL must be a supported URL.")
    return bucket, key, version
