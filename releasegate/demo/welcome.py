"""What the demo says to a person once it is ready: where, as whom, and how a CI would post a build."""

import json

from releasegate.demo import company

WIDEST = max(len(name) for name in company.WHO)


FIRST_THING = "payments 1.1.0 waits for two keys to prod: one of rita or rosa, one of omar or rosa. "


def welcome(said: dict, seconds: float, *, waits: bool) -> str:
    """The address, who to sign in as, whether the first thing to approve still `waits`, and one line that posts
    a build."""
    rows = "\n".join(
        f"  {name:<{WIDEST}}  {user['password']}  {company.WHO[name]}" for name, user in said["users"].items()
    )
    return f"""
Release Gate is ready after {seconds:.0f} s. It is a demo: the AWS behind it is a sandbox, nothing is real.

  {said["url"]}

Sign in as one of these (name, password, who it is):
{rows}

{FIRST_THING if waits else ""}To post a build as a CI does:

  {post_line(said)}

Ctrl-C stops everything; the next start finds it again; --reset starts over."""


def post_line(said: dict) -> str:
    """A command for any POSIX shell that posts storefront 1.2.0, whose artifacts lie in the sandbox already."""
    body = {
        "application": "storefront",
        "version": "1.2.0",
        "commit": "c0ffee".ljust(40, "0"),
        "branch": "main",
        "repository": f"https://git.{company.MAIL}/storefront",
        "artifacts": said["artifacts"]["storefront"]["1.1.0"],
    }
    token = said["application_tokens"]["storefront"]
    return (
        f"curl -sS {said['url']}/api/v1/builds -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body, separators=(',', ':'))}'"
    )
