"""A release does not offer itself where it runs."""


def test_a_release_is_not_offered_where_it_runs(world, dana):
    answer = dana.get("/releases/payments/1.0.0", to="prod")
    assert "1.0.0 runs in prod now. There is nothing to ask for." in answer.text
    assert not answer.has_form("/deployments/request")
    assert "It would replace" not in answer.text


def test_an_older_one_is_still_offered_there(world, dana):
    world.succeeded()
    assert "runs in prod now" not in dana.get("/releases/payments/1.0.0", to="prod").text
