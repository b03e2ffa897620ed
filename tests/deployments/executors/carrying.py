"""Carry out an executor's calls as the engine does, without its database: send, note the outcome, ask again."""

import hashlib
import time
from dataclasses import replace

from aws.errors import classify
from deployments.engine.send import KEPT, _snake
from deployments.executor import ArtifactRef, Calls, Context, IntentView, Poll


def artifact(name: str, kind: str, data: bytes, **place) -> ArtifactRef:
    return ArtifactRef(name, kind, "sha256:" + hashlib.sha256(data).hexdigest(), len(data), **place)


def context(session, target, settings: dict, files: dict, artifacts: dict, **more) -> Context:
    """A context of payments 1.0.0 to dev; `files` {name: bytes} is what read_artifact answers."""
    values = {
        "name_prefix": "rg-one-1",
        "account": target.account_id,
        "region": target.region,
        "application": "payments",
        "environment": "dev",
        "version": "1.0.0",
        "settings": settings,
        "parameters": {},
        "artifacts": artifacts,
        "staging_bucket": f"rg-staging-{target.account_id}-{target.region}",
        "session": session,
        "read_artifact": files.__getitem__,
    }
    return Context(**{**values, **more})


def send(context: Context, calls: Calls) -> Context:
    """Send each call once; the context with what came of it."""
    intents = {intent.token: intent for intent in context.intents}
    for call in calls.calls:
        params = dict(call.params)
        if call.token_field:
            params[call.token_field] = call.token
        if call.body is not None:
            params[call.body_field] = call.body
        service, operation = call.api.split(".")
        outcome, response = "done", {}
        try:
            answer = getattr(context.session.client(service), _snake(operation))(**params)
            response = {key: answer[key] for key in KEPT if key in answer}
            response |= {"build": answer["build"]["id"]} if "build" in answer else {}
        except Exception as error:
            fault = classify(error)
            outcome = "ambiguous" if fault.kind == "ambiguous" else "refused"
            response = {"code": fault.code, "message": fault.message, "throttled": fault.kind == "retryable"}
        before = intents.get(call.token)
        sends = before.sends + 1 if before else 1
        intents[call.token] = IntentView(call.api, call.token, outcome, sends, response)
    return replace(context, intents=tuple(intents.values()))


def carry(ask, context: Context, *, rounds: int = 600):
    """(the end, the context then): ask, send and wait until there is an end."""
    for _ in range(rounds):
        progress = ask(context)
        if isinstance(progress, Calls):
            context = send(context, progress)
        elif isinstance(progress, Poll):
            context = replace(context, data={**context.data, **progress.data})
            time.sleep(0.02)
        else:
            return progress, context
    raise AssertionError("no end")
