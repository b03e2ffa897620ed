"""In the inbox: every key that others are waited for with."""

from tests.insights.views.test_inbox import group


def test_every_open_key_is_named_where_others_are_waited_for(world, dana):
    world.asked()
    others = group(dana.get("/inbox"), "needs-others")
    assert "0 of 2 keys" in others
    assert "The key of release-managers is still open; rita, rosa can turn it." in others
    assert "The key of payments-owners is still open" in others
