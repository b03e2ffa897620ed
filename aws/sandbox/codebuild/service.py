"""The CodeBuild API: projects, and builds that are started, watched and stopped."""

import json
import re
import threading
import time
import uuid
from collections import defaultdict
from typing import Any

from aws.sandbox.codebuild.runner import Runner
from aws.sandbox.faults import Faults
from aws.sandbox.floor import Floor
from aws.sandbox.identity import Vault
from aws.sandbox.wire import Answer, AwsError, Call, json_answer

_TOKEN_S = 300
_IDLE_DEFAULT_MINUTES = 60


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)


def _place(location: str, what: str) -> tuple[str, str]:
    bucket, _, key = str(location).removeprefix("arn:aws:s3:::").partition("/")
    if not bucket:
        raise _invalid(f"Invalid {what}: location must be a valid S3 location")
    return bucket, key


def _environment(project: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The environment a build runs in, as BatchGetBuilds shows it: the project's, with the variables that
    StartBuild overrides or adds (API reference, StartBuild, environmentVariablesOverride)."""
    given = [
        *project["environment"].get("environmentVariables", []),
        *(params.get("environmentVariablesOverride") or []),
    ]
    variables = {entry["name"]: {"type": "PLAINTEXT", **entry} for entry in given}
    return {**project["environment"], "environmentVariables": list(variables.values())}


class CodeBuild:
    """CodeBuild of all accounts; `projects` and `builds` by (account, region)."""

    def __init__(self, floor: Floor, vault: Vault, faults: Faults, keep: Any):
        self._floor, self._vault, self._faults, self._keep = floor, vault, faults, keep
        self.projects: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self.builds: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self.endpoint_url = ""
        self.minute_seconds = 60.0
        self._runners: dict[str, tuple[Runner, threading.Thread]] = {}
        self._closing = False

    def handle(self, call: Call) -> Answer:
        """Serve one call; raises AwsError as the CodeBuild API reference documents."""
        action = getattr(self, "_do_" + re.sub(r"(?<!^)(?=[A-Z])", "_", call.action).lower(), None)
        if action is None:
            raise AwsError("UnknownOperationException", f"The sandbox's CodeBuild has no {call.action}")
        try:
            call.params = json.loads(call.body or b"{}")
        except ValueError as exc:
            raise AwsError("SerializationException", "The request is not JSON") from exc
        call.target = str(
            call.params.get("projectName") or call.params.get("name") or call.params.get("id") or ""
        )
        call.token = str(call.params.get("idempotencyToken") or "")
        return json_answer(call, action(call, (call.account, call.region), call.params))

    def _do_create_project(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        name = params.get("name", "")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}", name):
            raise _invalid("Project name must match [A-Za-z0-9][A-Za-z0-9\\-_]{1,149}")
        for needed in ("source", "artifacts", "environment", "serviceRole"):
            if needed not in params:
                raise _invalid(f"{needed} is required")
        if name in self.projects[here]:
            raise AwsError("ResourceAlreadyExistsException", f"Project already exists: {name}")
        arn = f"arn:aws:codebuild:{call.region}:{call.account}:project/{name}"
        now = time.time()
        self.projects[here][name] = {**params, "arn": arn, "created": now, "lastModified": now}
        return {"project": self.projects[here][name]}

    def _do_update_project(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        project = self._project(here, params.get("name", ""))
        project.update({**params, "lastModified": time.time()})
        return {"project": project}

    def _do_delete_project(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        call.effective = self.projects[here].pop(params.get("name", ""), None) is not None
        return {}

    def _do_batch_get_projects(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        names, held = params.get("names") or [], self.projects[here]
        return {
            "projects": [held[name] for name in names if name in held],
            "projectsNotFound": [name for name in names if name not in held],
        }

    def _do_list_projects(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        return {"projects": sorted(self.projects[here])}

    def _project(self, here: Any, name: str) -> dict[str, Any]:
        if name not in self.projects[here]:
            raise AwsError("ResourceNotFoundException", f"Project cannot be found: {name}")
        return self.projects[here][name]

    def _do_start_build(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        """StartBuild (API reference): the same idempotencyToken within five minutes gives the same build."""
        project = self._project(here, params.get("projectName", ""))
        for held in self.builds[here].values():
            recent = time.time() - held["shown"]["startTime"] < _TOKEN_S
            if call.token and recent and held["token"] == call.token:
                if held["params"] != params:
                    raise _invalid("The idempotency token was used with other parameters")
                call.effective = False
                return {"build": held["shown"]}
        record = self._new_build(call, project, params)
        self.builds[here][record["shown"]["id"]] = record
        self._launch(here, record)
        return {"build": record["shown"]}

    def _new_build(self, call: Call, project: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        unique = str(uuid.uuid4())
        name = project["name"]
        plan = self._plan(project, params, unique)
        now = time.time()
        shown = {
            "id": f"{name}:{unique}",
            "arn": f"arn:aws:codebuild:{call.region}:{call.account}:build/{name}:{unique}",
            "buildNumber": len(self.builds[(call.account, call.region)]) + 1,
            "startTime": now,
            "currentPhase": "QUEUED",
            "buildStatus": "IN_PROGRESS",
            "projectName": name,
            "sourceVersion": params.get("sourceVersion") or "",
            "phases": [
                {"phaseType": kind, "phaseStatus": "SUCCEEDED", "startTime": now, "endTime": now}
                for kind in ("SUBMITTED", "QUEUED", "PROVISIONING")
            ],
            "source": {"type": params.get("sourceTypeOverride") or project["source"].get("type")},
            "environment": _environment(project, params),
            "logs": self._shown_logs(plan),
            "artifacts": self._shown_artifacts(plan),
            "timeoutInMinutes": plan["minutes"],
            "buildComplete": False,
            "initiator": call.caller_arn.rpartition("assumed-role/")[2] or "user",
            "serviceRole": project["serviceRole"],
        }
        return {"shown": shown, "plan": plan, "params": params, "token": call.token}

    def _shown_logs(self, plan: dict[str, Any]) -> dict[str, Any]:
        place = plan["log"]
        if not place:
            return {"s3Logs": {"status": "DISABLED"}}
        where = f"{place['bucket']}/{place['key']}"
        return {
            "s3LogsArn": f"arn:aws:s3:::{where}",
            "s3DeepLink": f"https://s3.console.aws.amazon.com/s3/object/{where}",
            "s3Logs": {"status": "ENABLED", "location": where.rpartition("/")[0]},
        }

    def _shown_artifacts(self, plan: dict[str, Any]) -> dict[str, Any]:
        place = plan["artifacts"]
        return {"location": f"arn:aws:s3:::{place['bucket']}/{place['prefix']}"} if place else {}

    def _plan(self, project: dict[str, Any], params: dict[str, Any], unique: str) -> dict[str, Any]:
        kind = params.get("sourceTypeOverride") or project["source"].get("type")
        if kind not in ("S3", "NO_SOURCE"):
            raise _invalid(f"The sandbox builds sources of type S3 and NO_SOURCE, not {kind}")
        source: dict[str, Any] = {"type": kind}
        if kind == "S3":
            location = params.get("sourceLocationOverride") or project["source"].get("location") or ""
            bucket, key = _place(location, "source")
            if not key:
                raise _invalid("Invalid project source: location must be a valid S3 source")
            source |= {"bucket": bucket, "key": key, "version": params.get("sourceVersion")}
        minutes = (
            params.get("timeoutInMinutesOverride") or project.get("timeoutInMinutes") or _IDLE_DEFAULT_MINUTES
        )
        if not isinstance(minutes, int) or not 5 <= minutes <= 2160:
            raise _invalid("Invalid timeout: must be between 5 and 2160 minutes")
        variables = _environment(project, params)["environmentVariables"]
        return {
            "source": source,
            "buildspec": params.get("buildspecOverride") or project["source"].get("buildspec") or "",
            "variables": {entry["name"]: str(entry["value"]) for entry in variables},
            "minutes": minutes,
            "seconds": minutes * self.minute_seconds,
            "log": self._log_place(project, params, unique),
            "artifacts": self._artifact_place(project, params),
        }

    def _log_place(
        self, project: dict[str, Any], params: dict[str, Any], unique: str
    ) -> dict[str, str] | None:
        wanted = params.get("logsConfigOverride") or project.get("logsConfig") or {}
        logs = wanted.get("s3Logs") or {}
        if logs.get("status") != "ENABLED":
            return None
        bucket, prefix = _place(logs.get("location", ""), "logs")
        return {
            "bucket": bucket,
            "key": "/".join(part for part in (prefix.strip("/"), f"{unique}.gz") if part),
        }

    def _artifact_place(self, project: dict[str, Any], params: dict[str, Any]) -> dict[str, str] | None:
        wanted = params.get("artifactsOverride") or project.get("artifacts") or {}
        if wanted.get("type") != "S3":
            return None
        bucket, _ = _place(wanted.get("location", ""), "artifacts")
        path, name = str(wanted.get("path") or "").strip("/"), str(wanted.get("name") or project["name"])
        return {"bucket": bucket, "prefix": "/".join(part for part in (path, name.strip("/")) if part)}

    def _launch(self, here: tuple[str, str], record: dict[str, Any]) -> None:
        account, region = here
        shown = record["shown"]
        role = str(shown["serviceRole"]).rpartition("/")[2]
        issued = self._vault.issue(
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{role}/AWSCodeBuild-{shown['id'].rpartition(':')[2]}",
            policy=None,
            expires=time.time() + record["plan"]["seconds"] + 900,
        )
        environment = {
            "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
            "AWS_SESSION_TOKEN": issued["SessionToken"],
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint_url,
        }
        runner = Runner(shown, record["plan"], self._floor.client("s3", account, region), environment)
        thread = threading.Thread(
            target=self._run, args=(here, record, runner), name="sandbox-build", daemon=True
        )
        self._runners[shown["id"]] = (runner, thread)
        thread.start()

    def _run(self, here: tuple[str, str], record: dict[str, Any], runner: Runner) -> None:
        status = runner.run()
        if self._closing:
            return
        with self._floor.account(here[0]):
            shown = record["shown"]
            now = time.time()
            shown["phases"].append({"phaseType": "COMPLETED", "startTime": now})
            shown.update(currentPhase="COMPLETED", endTime=now, buildComplete=True, buildStatus=status)
            self._runners.pop(shown["id"], None)
            self._keep(here[0], "codebuild")

    def _do_batch_get_builds(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        rule = self._faults.lasting("hidden", call.account, "codebuild", "", action=call.action)
        until = time.time() - rule.seconds if rule else float("inf")
        held = {
            key: rec["shown"] for key, rec in self.builds[here].items() if rec["shown"]["startTime"] <= until
        }
        held |= {shown["arn"]: shown for shown in list(held.values())}
        ids = params.get("ids") or []
        return {
            "builds": [held[name] for name in ids if name in held],
            "buildsNotFound": [name for name in ids if name not in held],
        }

    def _do_list_builds(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        return {"ids": list(reversed(self.builds[here]))}

    def _do_list_builds_for_project(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        name = params.get("projectName", "")
        self._project(here, name)
        ids = [key for key, record in self.builds[here].items() if record["shown"]["projectName"] == name]
        return {"ids": list(reversed(ids))}

    def _do_stop_build(self, call: Call, here: Any, params: dict[str, Any]) -> dict[str, Any]:
        record = self.builds[here].get(params.get("id", ""))
        if record is None:
            raise AwsError("ResourceNotFoundException", f"Build cannot be found: {params.get('id')}")
        running = self._runners.get(record["shown"]["id"])
        call.effective = running is not None
        if running:
            running[0].stop.set()
        return {"build": record["shown"]}

    def resume(self) -> None:
        """Run again what was in progress when the sandbox was last killed: to AWS nothing happened."""
        for here, builds in self.builds.items():
            for record in builds.values():
                if record["shown"]["buildStatus"] == "IN_PROGRESS":
                    record["shown"]["phases"] = record["shown"]["phases"][:3]
                    self._launch(here, record)

    def close(self) -> None:
        """End all build processes; their builds stay IN_PROGRESS and run again at the next start."""
        self._closing = True
        for runner, thread in list(self._runners.values()):
            runner.stop.set()
            thread.join(3)
