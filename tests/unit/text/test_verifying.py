"""Secrets are compared, and none is ever given away by being empty."""

import base64
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text import verifying


@given(st.text())
def test_nothing_is_the_secret_that_is_not_there(given_: str) -> None:
    assert not verifying.is_secret(given_, "")
    assert not verifying.is_sealed(given_, given_, "")
    assert not verifying.holds_secret(given_, "")
    assert not verifying.holds_secret(f"Bearer {given_}", "")


@given(st.text(), st.text(min_size=1))
def test_only_the_secret_is_the_secret(given_: str, secret: str) -> None:
    assert verifying.is_secret(given_, secret) == (given_ == secret)


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        ("name:secret", True),
        (":secret", True),
        ("name:sec:ret", False),
        ("secret", False),
        ("secret:", False),
    ],
)
def test_the_password_counts_and_not_the_name(told: str, holds: bool) -> None:
    header = f"Basic {base64.b64encode(told.encode()).decode()}"
    assert verifying.holds_secret(header, "secret") == holds


def test_a_password_may_have_colons_and_any_letters() -> None:
    header = f"basic {base64.b64encode('x:é:ü'.encode()).decode()}"
    assert verifying.holds_secret(header, "é:ü")


@given(st.text(), st.binary())
def test_what_is_no_signature_is_refused(signature: str, signed: bytes) -> None:
    assert not verifying.is_signed_by_key(signed, signature, public_key="none")
    assert not verifying.is_signed_by_certificate(signed, signature, certificate=signed, uses_sha256=True)


def test_without_cryptography_the_mend_is_told() -> None:
    code = """
import sys
sys.modules["cryptography"] = None
from vesicle.model.errors import UserError
from vesicle.learn import brevo, mailgun, postmark, sendgrid
try:
    sendgrid.Reports(sendgrid.Options(public_key="x"))
except UserError as error:
    print(error.problems[0].mend)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "install it with: pip install 'vesicle[webhooks]'"
