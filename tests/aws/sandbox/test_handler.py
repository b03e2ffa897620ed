"""Connections: one request each, and cut without a byte when a fault says so."""

import http.client
from urllib.parse import urlsplit

import pytest


def connect(sandbox):
    return http.client.HTTPConnection(urlsplit(sandbox.endpoint_url).netloc, timeout=10)


def test_answer_is_whole_and_says_that_the_connection_ends_with_it(sandbox, control):
    connection = connect(sandbox)
    for _ in range(3):
        connection.request("GET", "/_sandbox/health")
        answer = connection.getresponse()
        assert (answer.version, answer.getheader("Connection")) == (11, "close")
        assert answer.read() == b'{"ok": true}'
    connection.close()


def test_cut_connection_gives_no_byte_and_the_next_one_works(sandbox, control, session, capfd):
    control.fault("s3", "ListBuckets", "lost_before")
    with pytest.raises(Exception, match="Connection was closed"):
        session.client("s3").list_buckets()
    assert session.client("s3").list_buckets()["Buckets"]
    assert "Traceback" not in capfd.readouterr().err
