"""One build from source to result: unpack, run the phases, keep log and artifacts, say how it ended."""

import gzip
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from aws.sandbox.codebuild import buildspec as specs
from aws.sandbox.codebuild import bundle, process

SOURCE_LIMIT_BYTES = 256 * 1024 * 1024
_UPPER = {"install": "INSTALL", "pre_build": "PRE_BUILD", "build": "BUILD", "post_build": "POST_BUILD"}


class PhaseFailed(Exception):
    """A phase ended badly: the build's status and the text for the phase's context."""

    def __init__(self, status: str, message: str):
        super().__init__(message)
        self.status = status


class Runner:
    """Runs one build. `build` is the build as BatchGetBuilds shows it, changed as it goes; `plan` is what
    StartBuild asked for: source, spec, variables, seconds, logs, artifacts."""

    def __init__(self, build: dict[str, Any], plan: dict[str, Any], s3: Any, environment: dict[str, str]):
        self.build, self.plan, self._s3, self._given = build, plan, s3, environment
        self.stop = threading.Event()
        self._ends = time.monotonic() + plan["seconds"]

    def run(self) -> str:
        """Run to the end in a directory of its own; returns the buildStatus it ended with."""
        home = Path(tempfile.mkdtemp(prefix="sandbox-build-"))
        self._home, self._source, self._log = home, home / "src", home / "build.log"
        self._source.mkdir()
        self._log.touch()
        status = "SUCCEEDED"
        try:
            spec = self._phase("DOWNLOAD_SOURCE", self._download)
            status = self._phases(spec)
            self._phase("UPLOAD_ARTIFACTS", lambda: self._upload(spec))
        except PhaseFailed as exc:
            status = exc.status if status == "SUCCEEDED" else status
        finally:
            self._finish_log(status)
            shutil.rmtree(home, ignore_errors=True)
        return status

    def _phase(self, name: str, work: Any) -> Any:
        started = time.time()
        self.build["currentPhase"] = name
        entry: dict[str, Any] = {"phaseType": name, "startTime": started}
        self.build["phases"].append(entry)
        try:
            result = work()
        except PhaseFailed as exc:
            entry["phaseStatus"] = exc.status
            entry["contexts"] = [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": str(exc)}]
            self._note(f"Phase complete: {name} State: {exc.status} Message: {exc}")
            raise
        else:
            entry["phaseStatus"] = "SUCCEEDED"
            self._note(f"Phase complete: {name} State: SUCCEEDED")
            return result
        finally:
            entry["endTime"] = time.time()
            entry["durationInSeconds"] = int(entry["endTime"] - started)

    def _note(self, text: str) -> None:
        with self._log.open("a") as log:
            log.write(f"[Container] {time.strftime('%Y/%m/%d %H:%M:%S', time.gmtime())} {text}\n")

    def _download(self) -> specs.Buildspec:
        source = self.plan["source"]
        if source["type"] == "S3":
            data = self._object(source["bucket"], source["key"], source.get("version"))
            try:
                bundle.unpack(data, self._source)
            except bundle.BundleInvalid as exc:
                raise PhaseFailed("FAILED", f"CLIENT_ERROR: {exc}") from exc
        try:
            return specs.parse(self._spec_text())
        except specs.BuildspecInvalid as exc:
            raise PhaseFailed("FAILED", str(exc)) from exc

    def _object(self, bucket: str, key: str, version: str | None) -> bytes:
        request = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
        try:
            answer = self._s3.get_object(**request)
        except self._s3.exceptions.ClientError as exc:
            text = f"CLIENT_ERROR: {exc.response['Error'].get('Code')} for primary source {bucket}/{key}"
            raise PhaseFailed("FAILED", text) from exc
        if answer["ContentLength"] > SOURCE_LIMIT_BYTES:
            raise PhaseFailed("FAILED", f"CLIENT_ERROR: the source is larger than {SOURCE_LIMIT_BYTES} bytes")
        return answer["Body"].read()

    def _spec_text(self) -> str:
        given = self.plan["buildspec"]
        if "\n" in given or given.lstrip().startswith(("version:", "{")):
            return given
        path = (self._source / (given or "buildspec.yml")).resolve()
        if not path.is_relative_to(self._source.resolve()) or not path.is_file():
            raise PhaseFailed(
                "FAILED", f"YAML_FILE_ERROR: stat {given or 'buildspec.yml'}: no such file or directory"
            )
        return path.read_text(errors="replace")

    def _environment(self, spec: specs.Buildspec) -> dict[str, str]:
        own = {
            "CODEBUILD_BUILD_ID": self.build["id"],
            "CODEBUILD_BUILD_ARN": self.build["arn"],
            "CODEBUILD_BUILD_NUMBER": str(self.build["buildNumber"]),
            "CODEBUILD_INITIATOR": self.build["initiator"],
            "CODEBUILD_SRC_DIR": str(self._source),
            "CODEBUILD_START_TIME": str(int(self.build["startTime"] * 1000)),
            "CODEBUILD_SOURCE_VERSION": self.build.get("sourceVersion", ""),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
        }
        start = process.clean_environment(self._home)
        return {**start, **self._given, **spec.variables, **self.plan["variables"], **own}

    def _phases(self, spec: specs.Buildspec) -> str:
        """Run the phases in order. A failed build phase still runs post_build; earlier ones end the build
        (CodeBuild User Guide, "Build phase transitions")."""
        environment, status = self._environment(spec), "SUCCEEDED"
        for name in specs.PHASES:
            if status != "SUCCEEDED" and not (name == "post_build" and status == "FAILED"):
                break
            try:
                self._phase(_UPPER[name], lambda name=name: self._commands(spec, name, environment))
            except PhaseFailed as exc:
                status = exc.status if status == "SUCCEEDED" else status
                environment["CODEBUILD_BUILD_SUCCEEDING"] = "0"
                if name in ("install", "pre_build"):
                    break
        return status

    def _commands(self, spec: specs.Buildspec, name: str, environment: dict[str, str]) -> None:
        if not spec.commands[name]:
            return
        script = process.script_of(spec.commands[name], spec.finally_[name], self._home)
        ended = process.run(
            script,
            directory=self._source,
            environment=environment,
            log=self._log,
            seconds_left=self._ends - time.monotonic(),
            stop=self.stop,
        )
        if ended.status == "TIMED_OUT":
            raise PhaseFailed("TIMED_OUT", "BUILD_TIMED_OUT: Build has timed out.")
        if ended.status == "STOPPED":
            raise PhaseFailed("STOPPED", "Build was stopped by user")
        if ended.status == "FAILED":
            raise PhaseFailed("FAILED", f"Error while executing command. Reason: exit status {ended.code}")

    def _upload(self, spec: specs.Buildspec) -> None:
        place = self.plan["artifacts"]
        if not place:
            return
        for collected in spec.collected:
            base = (self._source / collected.base).resolve()
            if not base.is_relative_to(self._source.resolve()):
                raise PhaseFailed("FAILED", "CLIENT_ERROR: base-directory leads out of the source")
            for path in _matching(base, collected.files):
                name = path.name if collected.flat else path.relative_to(base).as_posix()
                key = "/".join(part for part in (place["prefix"], name) if part)
                self._s3.put_object(Bucket=place["bucket"], Key=key, Body=path.read_bytes())

    def _finish_log(self, status: str) -> None:
        self._note(f"Build {self.build['id']} ended: {status}")
        place = self.plan["log"]
        if place:
            text = self._log.read_bytes()[: process.LOG_LIMIT_BYTES]
            # CodeBuild User Guide, "View build logs in S3": the log object is compressed, <build uuid>.gz.
            body = gzip.compress(text, mtime=0)
            try:
                self._s3.put_object(Bucket=place["bucket"], Key=place["key"], Body=body)
            except self._s3.exceptions.ClientError as exc:
                self.build["phases"].append(
                    {"phaseType": "FINALIZING", "contexts": [{"statusCode": "S3_LOGS", "message": str(exc)}]}
                )


def _matching(base: Path, patterns: list[str]) -> list[Path]:
    """Regular files below base that match; symbolic links are never followed."""
    found: set[Path] = set()
    for pattern in patterns:
        clean = pattern.removeprefix("./")
        if clean.startswith("/") or ".." in clean.split("/"):
            raise PhaseFailed("FAILED", f"CLIENT_ERROR: artifact path {pattern} leads out of the source")
        # "**/*" is every file; a bare "**" of the buildspec means the same.
        for path in base.glob(clean + "/*" if clean.endswith("**") else clean):
            inside = path.resolve().is_relative_to(base)
            if inside and path.is_file() and not path.is_symlink():
                found.add(path)
    return sorted(found)
