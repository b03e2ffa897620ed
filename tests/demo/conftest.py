"""One running demo for all who only talk to it, and one company that was set up beside it from nothing."""

from collections.abc import Iterator

import pytest

from tests.demo.empty import empty_server
from tests.demo.running import Demo
from tests.demo.second_company import Company, found


@pytest.fixture(scope="package")
def demo(tmp_path_factory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo") / "data")
    yield made
    made.kill()


@pytest.fixture(scope="package")
def company(tmp_path_factory) -> Iterator[Company]:
    with empty_server(tmp_path_factory.mktemp("nordlys")) as server:
        yield found(Company(server))
