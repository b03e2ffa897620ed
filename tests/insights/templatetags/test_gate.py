"""The tags of the pages, each through a real template, with what views may hold and what they should not."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template

from insights.templatetags import gate

NOW = datetime(2026, 11, 24, 2, 58, tzinfo=UTC)
DIGEST = "sha256:" + "9f" * 32


def render(source: str, **context) -> str:
    return Template("{% load gate %}" + source).render(Context({"now": NOW, **context}))


class TestIcon:
    def test_it_is_hidden_from_screen_readers_without_a_label(self):
        text = render('{% icon "hand" %}')
        assert text.startswith("<svg")
        assert 'aria-hidden="true"' in text
        assert 'class="icon"' in text
        assert "role=" not in text

    def test_a_label_gives_it_a_voice(self):
        text = render('{% icon "copy" "Copy it" %}')
        assert 'aria-label="Copy it"' in text
        assert 'role="img"' in text
        assert "aria-hidden" not in text

    @pytest.mark.parametrize("name", ["no-such-icon", "../../etc/passwd", "", None, "<b>"])
    def test_an_icon_that_does_not_exist_is_a_question_mark(self, name):
        assert render("{% icon name %}", name=name) == render('{% icon "circle-question-mark" %}')

    def test_a_label_cannot_break_out_of_its_attribute(self):
        text = render('{% icon "hand" label %}', label='"><script>alert(1)</script>')
        assert "<script" not in text

    def test_no_inline_style_comes_with_it(self):
        assert "style" not in render('{% icon "loader" %}')


class TestStatus:
    def test_a_badge_is_icon_and_word(self):
        text = render('{% status "succeeded" %}')
        assert text.startswith('<span class="badge" data-state="succeeded" data-kind="deployment"><svg')
        assert text.endswith("<span>Deployed</span></span>")

    @pytest.mark.parametrize("state", [None, "", "nonsense", '"><script>'])
    def test_an_unknown_state_is_grey_and_says_so(self, state):
        text = render("{% status state %}", state=state)
        assert 'data-state="unknown"' in text
        assert "<span>Unknown</span>" in text
        assert "script" not in text

    def test_it_can_say_since_when_something_is_unknown(self):
        assert "<span>Unknown since 03:12</span>" in render(
            '{% status "unknown" word="Unknown since 03:12" %}'
        )

    def test_the_kind_chooses_the_word(self):
        assert "<span>Running</span>" in render('{% status "running" "step" %}')
        assert "<span>Waiting in line</span>" in render('{% status "waiting" why="lane" %}')

    def test_a_word_given_is_escaped(self):
        assert "<b>" not in render('{% status "failed" word=word %}', word="<b>")

    def test_word_and_icon_can_be_had_alone(self):
        assert render('{% state_word "failed" %}') == "Failed"
        assert render('{% state_icon "failed" %}') == render('{% icon "circle-x" %}')


class TestTimes:
    def test_when_is_absolute_with_zone_then_relative_with_utc_in_the_title(self):
        moment = NOW + timedelta(hours=9, minutes=12)
        text = render('{% when moment "Europe/Berlin" %}', moment=moment)
        assert 'datetime="2026-11-24T12:10:00Z"' in text
        assert 'title="2026-11-24 12:10:00 UTC"' in text
        assert ">Tue 24 Nov, 13:10 CET</span>" in text
        assert "(<span data-relative>in 9 h 12 m</span>)" in text

    def test_the_page_zone_counts_where_none_is_given(self):
        assert "21:58 EST" in render("{% when now %}", zone="America/New_York")
        assert "02:58 UTC" in render("{% when now %}")

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "<b>", "\x00"])
    def test_a_zone_that_does_not_exist_is_utc(self, zone):
        assert "02:58 UTC" in render("{% when now zone %}", zone=zone)

    def test_summer_and_winter_have_their_own_abbreviation(self):
        summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
        assert "14:00 CEST" in render('{% at summer "Europe/Berlin" %}', summer=summer)

    def test_another_year_is_named(self):
        assert "Thu 1 Jan 2026, 00:00" not in render("{% at then %}", then=datetime(2026, 1, 1, tzinfo=UTC))
        assert "Fri 1 Jan 2027, 00:00 UTC" in render("{% at then %}", then=datetime(2027, 1, 1, tzinfo=UTC))

    def test_another_offset_is_the_same_instant(self):
        there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
        assert render("{% at then %}", then=there) == render("{% at now %}")

    def test_iso_text_is_read_and_a_naive_time_is_utc(self):
        expected = render("{% at now %}")
        assert render("{% at then %}", then="2026-11-24T02:58:00Z") == expected
        assert render("{% at then %}", then=datetime(2026, 11, 24, 2, 58)) == expected

    @pytest.mark.parametrize("nothing", [None, "", "yesterday", 42, object()])
    @pytest.mark.parametrize("tag", ["when", "until", "at", "age"])
    def test_no_time_is_a_dash(self, tag, nothing):
        assert render(f"{{% {tag} moment %}}", moment=nothing) == '<span class="faint">–</span>'

    def test_until_says_so(self):
        text = render("{% until moment %}", moment=NOW + timedelta(days=2, hours=4))
        assert text.startswith("<span>until <time")
        assert "in 2 d 4 h" in text

    @pytest.mark.parametrize(
        ("delta", "words"),
        [
            (timedelta(seconds=-240), "4 m ago"),
            (timedelta(seconds=9), "just now"),
            (timedelta(seconds=-9), "just now"),
            (timedelta(seconds=-10), "10 s ago"),
            (timedelta(days=3), "in 3 d"),
        ],
    )
    def test_age_is_relative(self, delta, words):
        text = render("{% age moment %}", moment=NOW + delta)
        assert text.endswith(f"data-relative>{words}</time>")

    def test_without_now_the_clock_of_the_machine_counts(self):
        text = Template("{% load gate %}{% age moment %}").render(Context({"moment": datetime.now(UTC)}))
        assert "just now" in text

    def test_the_page_says_when_it_was_made(self):
        assert render("{% page_time %}") == "2026-11-24T02:58:00Z"


class TestDigest:
    def test_the_whole_text_is_there_to_select_and_to_copy(self):
        text = render("{% digest value %}", value=DIGEST)
        assert f'title="{DIGEST}">{DIGEST}</code>' in text
        assert f'data-copy="{DIGEST}" hidden>' in text

    def test_the_button_can_be_left_out(self):
        assert "<button" not in render("{% digest value copy=False %}", value=DIGEST)

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_none_is_a_dash(self, nothing):
        assert render("{% digest value %}", value=nothing) == '<span class="faint">–</span>'

    def test_it_is_escaped(self):
        assert '"><b>' not in render("{% digest value %}", value='"><b>')


class TestPerson:
    def test_a_person_has_a_letter_and_a_name(self):
        text = render('{% person "omar" %}')
        assert '<span class="avatar" aria-hidden="true">o</span><span>omar</span>' in text.replace(
            ">O<", ">o<"
        )
        assert "(you)" not in text

    @pytest.mark.parametrize("me", [{"username": "rita"}, type("Me", (), {"username": "rita"})()])
    def test_whoever_looks_is_you(self, me):
        assert "(you)" in render('{% person "rita" %}', me=me)
        assert "(you)" not in render('{% person "omar" %}', me=me)

    def test_a_machine_has_no_letter(self):
        text = render('{% person "ci:payments" %}')
        assert "<svg" in text
        assert "<span>ci:payments</span>" in text

    @pytest.mark.parametrize(
        ("tag", "words"),
        [
            ("system:worker", "Release Gate (worker)"),
            ("application:payments", "CI of payments"),
            ("anonymous:anonymous", "not signed in"),
        ],
    )
    def test_what_acts_without_a_person_is_said_in_words_and_its_tag_is_kept(self, tag, words):
        text = render("{% person who %}", who=tag)
        assert f"<span>{words}</span>" in text
        assert f'title="{tag}"' in text

    def test_a_name_is_escaped(self):
        assert "<b>" not in render("{% person who %}", who="<b>x</b>")

    def test_nobody_is_a_dash(self):
        assert render("{% person who %}", who=None) == '<span class="faint">–</span>'


class TestNumbers:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0 s"),
            (-5, "0 s"),
            (42.9, "42 s"),
            (60, "1 m"),
            (372, "6 m 12 s"),
            (600, "10 m"),
            (33_120, "9 h 12 m"),
            (3_601, "1 h"),
            (187_200, "2 d 4 h"),
            (864_000, "10 d"),
            (timedelta(minutes=10, seconds=10), "10 m 10 s"),
        ],
    )
    def test_a_duration_has_at_most_two_units(self, seconds, text):
        assert render("{% duration seconds %}", seconds=seconds) == text

    def test_no_duration_is_a_dash(self):
        assert render("{% duration seconds %}", seconds=None) == '<span class="faint">–</span>'

    @pytest.mark.parametrize(
        ("number", "text"),
        [(0, "no commits"), (None, "no commits"), (1, "1 commit"), (1400, "1,400 commits")],
    )
    def test_a_count_agrees_with_its_noun(self, number, text):
        assert render('{% count number "commit" %}', number=number) == text

    def test_a_plural_can_be_given(self):
        assert render('{% count 2 "entry" "entries" %}') == "2 entries"


class TestChanges:
    @pytest.mark.parametrize(
        ("action", "replacement", "expected"),
        [
            ("Add", None, "add"),
            ("Remove", None, "remove"),
            ("Modify", "False", "modify"),
            ("Modify", False, "modify"),
            ("Modify", "True", "replace"),
            ("Modify", True, "replace"),
            ("Modify", "Conditional", "replace"),
            ("Import", None, "add"),
            ("Dynamic", None, "modify"),
            ("Sabotage", None, "same"),
        ],
    )
    def test_what_may_be_replaced_counts_as_replaced(self, action, replacement, expected):
        change = {"action": action, "replacement": replacement}
        assert gate.change_of(change) == expected
        assert gate.change_of(type("Change", (), change)) == expected

    def test_each_change_has_its_sign(self):
        signs = [gate.sign_of(change) for change in ("add", "remove", "replace", "modify", "same", "")]
        assert signs == ["+", "−", "±", "~", "=", "="]

    def test_a_digest_or_commit_is_cut_after_its_prefix(self):
        assert render("{{ value|short }}", value=DIGEST) == "9f9f9f9f"
        assert render("{{ value|short:3 }}", value="abcdef") == "abc"
        assert render("{{ value|short }}", value=None) == ""


def test_the_zones_on_offer_exist():
    zones = gate.common_zones()
    assert zones[0] == "UTC"
    assert [name for name in zones if ZoneInfo(name).key != name] == []
    assert len(set(zones)) == len(zones)


def test_the_last_instant_of_the_calendar_is_shown_in_utc_where_a_zone_has_no_such_time():
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert gate.absolute(last, ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1, tzinfo=UTC)).endswith(
        "23:59 UTC"
    )
