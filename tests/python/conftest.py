"""What the tests of the whole build share."""

import pytest

from warehouse import load_seeds


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """A database with the project's seeds, to be copied."""
    return load_seeds(tmp_path_factory.mktemp("seeds"))
