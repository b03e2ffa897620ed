"""The surroundings of a command: no CI, no configuration, no waiting."""

import os

import pytest

from cli import relgate


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """No CI, no configuration, no waiting; an empty directory."""
    for name in list(os.environ):
        if name.startswith(("RELGATE_", "GITHUB_", "GITLAB_", "CI_", "JENKINS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RELGATE_TOKEN", "rgt_secret")
    monkeypatch.chdir(tmp_path)
    slept = []
    monkeypatch.setattr(relgate.Server.__init__, "__defaults__", (slept.append,))
    return slept


@pytest.fixture
def run(capsys, alone):
    def call(script, *arguments):
        code = relgate.main([*arguments, "--url", script.url] if script else list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call
