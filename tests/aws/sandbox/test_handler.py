"""Connections: kept open between calls, and cut without a byte when a fault says so."""

import http.client
from urllib.parse import urlsplit

import pytest


def connect(sandbox):
    return http.client.HTTPConnection(urlsplit(sandbox.endpoint_url).netloc, timeout=10)


def test_connection_serves_several_requests(sandbox, control):
    connection = connect(sandbox)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/_sandbox/health")
        assert connection.getresponse().read() == b'{"ok": true}'
    assert connection.sock is first
    connection.close()


def test_cut_connection_gives_no_byte_and_the_next_one_works(sandbox, control, session, capfd):
    control.fault("s3", "ListBuckets", "lost_before")
    with pytest.raises(Exception, match="Connection was closed"):
        session.client("s3").list_buckets()
    assert session.client("s3").list_buckets()["Buckets"]
    assert "Traceback" not in capfd.readouterr().err
