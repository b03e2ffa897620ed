"""The floor: moto inside the process, without its own doors into other accounts."""

import threading

from aws.sandbox.floor import environ_without_overrides


def test_headers_of_moto_are_taken_away_and_others_stay():
    given = {
        "HTTP_X_MOTO_ACCOUNT_ID": "1",
        "HTTP_X_MOTO_OTHER": "2",
        "HTTP_X_AMZ_DATE": "3",
        "PATH_INFO": "/",
    }
    assert environ_without_overrides(given) == {"HTTP_X_AMZ_DATE": "3", "PATH_INFO": "/"}


def test_inner_client_acts_in_its_account_and_is_not_counted(sandbox, session, target, control):
    inner = sandbox.desk.floor.client("ssm", target.account_id, "eu-west-1")
    inner.put_parameter(Name="/inner", Value="1", Type="String")
    assert session.client("ssm").get_parameter(Name="/inner")["Parameter"]["Value"] == "1"
    assert control.counts() == {}


def test_outside_client_is_counted(sandbox, target, control):
    outside = sandbox.client("ssm", target.account_id, "eu-west-1")
    outside.put_parameter(Name="/outside", Value="1", Type="String")
    assert control.counts() == {(target.account_id, "ssm", "PutParameter"): 1}


def test_account_that_is_held_keeps_others_waiting(sandbox, session, target):
    answered = threading.Event()

    def ask():
        session.client("s3").list_buckets()
        answered.set()

    with sandbox.desk.floor.account(target.account_id):
        thread = threading.Thread(target=ask)
        thread.start()
        assert not answered.wait(0.3)
    assert answered.wait(5)
    thread.join()
