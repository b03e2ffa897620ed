"""Seats for long polls are counted and given back."""

import pytest

from deployments.api.waiting import Seats, seats


def test_there_are_as_many_seats_as_said_and_they_come_back():
    two = Seats(2)
    with two.take() as first, two.take() as second, two.take() as third:
        assert (first, second, third) == (True, True, False)
    with two.take() as again:
        assert again is True


def test_a_seat_comes_back_after_an_error_and_an_unseated_gives_none_back():
    one = Seats(1)
    with pytest.raises(RuntimeError), one.take():
        raise RuntimeError("the client went away")
    with one.take() as seated, one.take() as other:
        assert (seated, other) == (True, False)
    with one.take() as seated:
        assert seated is True


def test_at_most_half_of_the_threads_wait(settings):
    assert seats.free._initial_value == settings.WEB_THREADS // 2
