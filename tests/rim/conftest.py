"""What several tests of the rim are given."""

from pathlib import Path

import pytest
from tests.rim.doctoring import Scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    root = tmp_path / "site"
    root.mkdir()
    return Scene(root=root)
