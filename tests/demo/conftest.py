"""One running demo for all who only talk to it."""

from collections.abc import Iterator

import pytest

from tests.demo.running import Demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo") / "data")
    yield made
    made.kill()
