"""Every rule of shape is fed a fault and must find it, and lets through what only looks like one."""

import ast

import pytest
from django.apps import apps

from tests.architecture import shape, source


@pytest.mark.parametrize(
    "line",
    [
        "build.save()",
        "Build.objects.create(a=1)",
        "Build.objects.filter(pk=1).update(state='x')",
        "queries.visible_to(actor).filter(a=1).delete()",
        "Build.objects.select_for_update().get(pk=1).save(update_fields=['a'])",
        "team.memberships.all().delete()",
    ],
)
def test_a_write_is_found(line):
    assert len(shape.writes(ast.parse(line))) == 1


@pytest.mark.parametrize(
    "line", ["digest.update(b'x')", "data.update(a=1)", "image.save(path)", "os.path.delete"]
)
def test_what_only_looks_like_a_write_is_let_through(line):
    assert shape.writes(ast.parse(line)) == []


def test_an_import_inside_a_function_is_found():
    module = ast.parse(
        "def f():\n    from builds.models import Build\n    import audit.tags\n    import json\n"
    )
    assert shape.own_imports_in_functions(module, source.FLOW) == [
        "line 2: builds.models",
        "line 3: audit.tags",
    ]
    assert shape.own_imports_in_functions(ast.parse("from builds.models import Build"), source.FLOW) == []


@pytest.mark.parametrize(
    "line",
    [
        "work.apply_async(args=[1], countdown=5)",
        "app.send_task('x', eta=later)",
        "self.retry(exc=error)",
        "@shared_task(autoretry_for=(Exception,))\ndef f(): ...",
        "@app.task(max_retries=3)\ndef f(): ...",
    ],
)
def test_waiting_in_the_broker_is_found(line):
    assert len(shape.postponed(ast.parse(line))) == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("transition(d, State.RUNNING, actor=a)", True),
        ("transition(d, to=states.State.RUNNING)", True),
        ("transition(d, State.RUNNING)\n    decide(d, a, at)", True),
        ("decide(d, a, at)\n    transition(d, State.RUNNING)", False),
        ("if d.state == State.UNCERTAIN:\n        transition(d, State.RUNNING)", False),
        ("if d.state == State.WAITING:\n        transition(d, State.RUNNING)", True),
        ("transition(d, State.FAILED)", False),
    ],
)
def test_a_start_without_the_decision_is_found(body, found):
    assert bool(shape.starts_without_decision(ast.parse(f"def go(d):\n    {body}\n"))) is found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Deployment.objects.filter(pk=1).update(state=State.RUNNING, started_at=at)", True),
        ("Deployment.objects.filter(pk=1).update(state='running')", True),
        ("Deployment.objects.create(state=State.RUNNING)", True),
        ("Deployment.objects.create(state=State.REQUESTED)", False),
        ("Deployment.objects.filter(state=State.RUNNING).update(reasons=[])", False),
        ("Step.objects.filter(pk=1).update(state='done')", False),
    ],
)
def test_a_state_written_past_the_transition_is_found(line, found):
    assert bool(shape.states_written(ast.parse(line))) is found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Step.objects.filter(pk=1).update(data={})", True),
        ("journal.set_step(step, state, at)", True),
        ("journal.log(d, [])\n    journal.fence(d)", True),
        ("journal.fence(d)\n    journal.log(d, [])", False),
        ("fence(d)\n    Step.objects.create(a=1)", False),
        ("Deployment.objects.filter(pk=1, lease_epoch=2).update(a=1)", False),
        ("journal.set_data(d, step, {})", False),
    ],
)
def test_a_write_of_the_engine_without_a_fence_is_found(body, found):
    assert bool(shape.unfenced(ast.parse(f"def go(d):\n    {body}\n"))) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class A(models.Model):\n    def save(self): ...", ["A.save"]),
        ("class A(TimedModel):\n    def delete(self): ...", ["A.delete"]),
        ("class Store:\n    def save(self): ...", []),
    ],
)
def test_an_overridden_save_is_found(text, found):
    assert shape.overridden_saves(ast.parse(text)) == found


@pytest.mark.parametrize(
    "text",
    ["@receiver(post_save)\ndef f(**k): ...", "post_save.connect(f)", "signals.pre_delete.connect(f)"],
)
def test_a_signal_is_found(text):
    assert len(shape.signals(ast.parse(text))) == 1


def test_a_socket_that_connects_is_no_signal():
    assert shape.signals(ast.parse("socket.connect(('127.0.0.1', 80))\nredis.connect()")) == []


@pytest.mark.parametrize(
    "line",
    ["datetime.now(UTC)", "timezone.now()", "datetime.datetime.utcnow()", "time.time()", "date.today()"],
)
def test_a_process_clock_is_found(line):
    assert len(shape.clocks(ast.parse(line))) == 1


@pytest.mark.parametrize("line", ["clock.now()", "now()", "time.monotonic()"])
def test_the_databases_clock_is_let_through(line):
    assert shape.clocks(ast.parse(line)) == []


@pytest.mark.parametrize(
    "text",
    [
        "/ho" + "me/dana/x",
        "/wo" + "rk/main",
        "pyp" + "i.org/simple",
        "pip install --inde" + "x-url x",
        "docker." + "io/redis",
    ],
)
def test_a_machine_or_registry_name_is_found(text):
    assert shape.MACHINE.search(f"see {text} there")


def test_a_relation_that_points_up_is_found():
    build = apps.get_model("builds", "Build")
    low = {**source.HEIGHT, "teams": 5}
    assert shape.upward_relations(build, source.HEIGHT) == []
    assert shape.upward_relations(build, low) == ["builds.Build.application points up to teams.Application"]


def test_states_are_read_from_the_enums_that_hold_them():
    module = ast.parse("class State(StrEnum):\n    A = 'a'\n    B = 'b'\nclass Kind(StrEnum):\n    C = 'c'\n")
    assert shape.states([module]) == ["a", "b"]


@pytest.mark.parametrize("name", ["test_it_works", "test_vote", "test_vote_ok"])
def test_a_test_name_without_content_is_found(name):
    assert shape.says_nothing(name)


@pytest.mark.parametrize("name", ["test_author_cannot_approve_their_own_release", "tested", "of_tests"])
def test_a_sentence_is_let_through(name):
    assert not shape.says_nothing(name)


DOOR = ast.parse(
    "from pipelines.actions.save_pipeline import save_pipeline\n"
    "from pipelines.queries import get_account\n"
    "VERBS = {'pipeline.save': Verb(save_pipeline, None, 'name')}\n"
)


def test_the_verbs_behind_the_door_are_read_from_its_list():
    assert shape.verbs_behind_the_door(DOOR) == {"pipelines.actions.save_pipeline"}


@pytest.mark.parametrize(
    "line",
    [
        "from pipelines.actions.save_pipeline import save_pipeline",
        "from pipelines.actions import save_pipeline",
        "import pipelines.actions.save_pipeline as save",
        "def f():\n    from pipelines.actions.save_pipeline import save_pipeline as s",
    ],
)
def test_a_way_past_the_door_is_found(line):
    assert len(shape.past_the_door(ast.parse(line), shape.verbs_behind_the_door(DOOR))) == 1


def test_the_door_itself_is_let_through():
    line = "from pipelines.actions.propose import propose"
    assert shape.past_the_door(ast.parse(line), shape.verbs_behind_the_door(DOOR)) == []


def test_a_file_that_is_no_text_says_nothing_and_every_other_is_read():
    assert shape.text_in(b"PK\x03\x04\xff\xfe") == ""
    assert shape.text_in("grüße".encode()) == "grüße"
