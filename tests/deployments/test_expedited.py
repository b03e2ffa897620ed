"""The expedited way as plain data."""

from types import SimpleNamespace

from deployments.expedited import Expedited, path_of, skipped, undefined, way_of

PATH = {"environment": "prod", "skip": ["staging"], "slots": []}
PIPELINE = SimpleNamespace(spec={"stages": [], "expedited": [PATH]})


def test_only_who_asks_for_it_gets_the_path():
    assert path_of(True, PIPELINE, "prod") == PATH
    assert path_of(False, PIPELINE, "prod") is None
    assert path_of(True, PIPELINE, "staging") is None
    assert path_of(True, None, "prod") is None
    assert path_of(True, SimpleNamespace(spec={"stages": []}), "prod") is None


def test_the_usual_way_is_no_expedited_one():
    assert way_of(False, None, "staging") is None
    assert way_of(False, PATH, "staging") is None


def test_the_time_is_waived_only_where_the_stage_right_before_is_skipped():
    assert way_of(True, PATH, "staging") == Expedited(("staging",), True)
    assert way_of(True, {**PATH, "skip": ["dev"]}, "staging") == Expedited(("dev",), False)
    assert way_of(True, PATH, None) == Expedited(("staging",), False)


def test_a_path_that_is_gone_is_known_to_be_gone():
    assert way_of(True, None, "staging") == Expedited(None, False)
    reason = undefined("payments", "prod")
    assert (reason.code, reason.object) == ("expedited_not_defined", "pipeline:payments")
    assert reason.text == "The pipeline of payments defines no expedited path to prod."


def test_what_is_skipped_is_named_with_what_is_asked_for_instead():
    assert skipped(Expedited(("qa", "staging")), "1.0.0", "dev").text == (
        "Expedited: qa and staging are skipped; 1.0.0 has succeeded in dev."
    )
