"""What the tests of the whole build share."""

import os
from pathlib import Path

import pytest

from warehouse import load_seeds

# What a county has set for its own builds says nothing of the project.
for name in [name for name in os.environ if name.startswith(("SOSDATA_", "DBT_"))]:
    del os.environ[name]
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
# No way out: users sit in closed networks, and a step that asked one would fail.
os.environ |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the project's seeds, to be copied."""
    return load_seeds(tmp_path_factory.mktemp("seeds"))
