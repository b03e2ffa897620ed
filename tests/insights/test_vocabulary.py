"""Every state has a word; nothing unknown looks healthy."""

import pytest

from insights.vocabulary import DEPLOYMENT, KINDS, UNKNOWN, WAITING_FOR, Word, has_word, word_for

STATES = {
    "deployment": "requested planning needs_approval waiting running verifying rolling_back uncertain "
    "needs_human succeeded failed rolled_back rollback_failed cancelled rejected expired "
    "superseded withdrawn",
    "build": "received verified quarantined",
    "artifact": "pending verified missing mismatch unreadable",
    "step": "pending running waiting done failed skipped",
    "evidence": "parsed rejected pass fail warn none",
    "approval": "open satisfied void rejected expired consumed closed",
    "check": "pass wait deny not_reached skipped",
    "plan": "ready none not_computed",
    "release": "open withdrawn",
}
HEALTHY = {"circle-check", "shield-check", "file-check"}


@pytest.mark.parametrize(("kind", "states"), STATES.items())
def test_every_state_of_the_product_has_a_word_of_its_own(kind, states):
    for state in states.split():
        assert state in KINDS[kind], f"{kind} {state}"
        assert has_word(state, kind)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("needs_approval", Word("Needs approval", "hand")),
        ("running", Word("Deploying", "loader")),
        ("succeeded", Word("Deployed", "circle-check")),
        ("failed", Word("Failed", "circle-x")),
        ("rolled_back", Word("Rolled back", "undo-2")),
        ("superseded", Word("Superseded", "circle-minus")),
    ],
)
def test_the_words_people_know_from_everywhere_else(state, word):
    assert word_for(state) == word


@pytest.mark.parametrize("state", [None, "", "nonsense", 17, "<script>"])
@pytest.mark.parametrize("kind", ["deployment", "step", "no such kind"])
def test_what_nobody_knows_is_unknown_and_never_an_error(state, kind):
    assert word_for(state, kind) == UNKNOWN
    assert not has_word(state, kind)


def test_one_name_can_mean_two_things():
    assert word_for("running", "step").text == "Running"
    assert word_for("open", "approval").text == "Needs approval"
    assert word_for("open", "window").text == "Open"


def test_a_kind_borrows_the_words_it_lacks_from_deployments():
    assert word_for("succeeded", "release").text == "Deployed"


@pytest.mark.parametrize(("why", "text"), [(why, word.text) for why, word in WAITING_FOR.items()])
def test_waiting_says_for_what(why, text):
    assert word_for("waiting", why=why).text == text


@pytest.mark.parametrize("why", [None, "", "weather"])
def test_waiting_for_nothing_known_is_plain_waiting(why):
    assert word_for("waiting", why=why).text == "Waiting"


def test_a_reason_for_waiting_is_no_news_about_any_other_state():
    assert word_for("running", why="window").text == "Deploying"
    assert word_for("waiting", "step", why="window").text == "Waiting"


def test_only_what_ended_well_looks_well():
    looks_well = {state for state, word in DEPLOYMENT.items() if word.icon in HEALTHY}
    assert looks_well == {"succeeded"}
    assert {state for state, word in KINDS["artifact"].items() if word.icon in HEALTHY} == {"verified"}
    assert {state for state, word in KINDS["evidence"].items() if word.icon in HEALTHY} == {"parsed", "pass"}
