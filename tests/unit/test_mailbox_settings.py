"""Mailboxes as `config.yaml` names them: what opens, and what is told of what does not."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from vesicle import mailbox, registry, settings
from vesicle.app.plugins import plugins
from vesicle.model.errors import UserError
from vesicle.model.problem import Problem
from vesicle.ports import Mailbox, Returned
from vesicle.text.marked import parse

SITE = "site: {name: Science, url: https://example.org}\n"
WHOLE = """\
returns:
  mailboxes:
    local:
      by: maildir
      path: /var/mail/bounces
    lmtp: {path: .vesicle/returns, port: 8024}
    far:
      by: imap
      host: imap.example.org
      username: env:NAME
      password: env:PASSWORD
    old: {by: imap, enabled: false}
"""
ENVIRON = {"NAME": "me", "PASSWORD": "secret-word"}


def opened(text: str, environ: Mapping[str, str] = ENVIRON) -> Mapping[str, Mailbox]:
    config = parse(SITE + text, file="config.yaml")
    entries = settings.load(config).returns.mailboxes
    found = plugins("mailbox", entries, config=config, environ=environ)
    return {name: plugin.make(plugin.options, folder=Path("/srv/site")) for name, plugin in found}


def problems(lines: str, environ: Mapping[str, str] = ENVIRON) -> list[Problem]:
    with pytest.raises(UserError) as caught:
        opened(
            "returns:\n  mailboxes:\n    one:\n" + "".join(f"      {line}\n" for line in lines.split("; ")),
            environ,
        )
    return list(caught.value.problems)


def test_mailboxes_are_made_by_name_and_none_is_connected() -> None:
    found = opened(WHOLE)
    assert {name: type(one).__module__ for name, one in found.items()} == {
        "local": "vesicle.mailbox.maildir",
        "lmtp": "vesicle.mailbox.lmtp.mailbox",
        "far": "vesicle.mailbox.imap.mailbox",
    }
    mailbox.close(found.values())


def test_without_any_there_is_none() -> None:
    assert opened("") == {}


def test_the_kinds_there_are() -> None:
    assert registry.names("mailbox") == ("imap", "lmtp", "maildir")


FAR = "by: imap; host: imap.example.org; username: me; password: env:PASSWORD"


@pytest.mark.parametrize(
    ("lines", "text", "mend"),
    [
        ("by: pop3; host: x", "there is no mailbox called `pop3`", "imap, lmtp, maildir"),
        ("by: maildir; path: ''", "`returns mailboxes one path` is missing", "path:"),
        ("by: lmtp; path: x; host: 0.0.0.0", "everybody who reaches 0.0.0.0", "127.0.0.1"),
        ("by: lmtp; path: x; port: 99999", "cannot listen on port 99999", "8024"),
        (
            FAR + "; security: none",
            "would send the password in plain text to imap.example.org",
            "security: tls",
        ),
        (FAR + "; security: ssl", "`returns mailboxes one security` is none of what it can be", "`starttls`"),
        (FAR + "; port: 0", "has no port 0", "993"),
        (FAR + "; timeout: 0", "has no time of 0", "60"),
        (FAR + '; folder: "a\\rb"', "has no folder to read", "INBOX"),
        (FAR + "; fodler: x", "no field called `fodler`", "`folder`"),
        (FAR.replace("env:PASSWORD", "secret-word"), "`password` is a secret", "env:NAME"),
        (FAR.replace("imap.example.org", '"a b\\n"'), "has no name of a mail server", "imap.example.org"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_mend(lines: str, text: str, mend: str) -> None:
    (one,) = problems(lines)
    assert text in one.text
    assert mend in one.mend
    assert one.where.line
    assert one.where.line >= 4
    assert "secret-word" not in f"{one.text}{one.mend}"


def test_a_secret_that_is_not_set_is_told() -> None:
    (one,) = problems(FAR, environ={})
    assert one.code == "config.no-variable"


def test_a_password_that_cannot_be_said_is_told_but_not_shown() -> None:
    (one,) = problems(FAR, environ={"PASSWORD": "sécret-word"})
    assert "has no username or password of ASCII" in one.text
    assert "cret-word" not in f"{one.text}{one.mend}"


def test_all_mistakes_of_all_mailboxes_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        opened("returns: {mailboxes: {a: {by: pop3}, b: {by: maildir}, c: {by: imap}}}")
    assert len(caught.value.problems) == 5


class Post:
    """A mailbox that notes what is done with it; *refuses* to listen where it is told so."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.done: list[str] = []
        self._refuses = refuses

    def new(self) -> Iterator[Returned]:
        return iter(())

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None: ...

    def listen(self) -> AbstractContextManager[None]:
        return self._listening()

    def close(self) -> None:
        self.done.append("closed")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        if self._refuses:
            raise UserError("the port is taken")
        self.done.append("listens")
        yield
        self.done.append("ended")


def test_those_that_listen_do_so_inside_the_with() -> None:
    post, plain = Post(), opened("returns: {mailboxes: {a: {by: maildir, path: x}}}")["a"]
    with mailbox.listening([post, plain]):
        assert post.done == ["listens"]
    assert post.done == ["listens", "ended"]
    mailbox.close([post, plain])
    assert post.done[-1] == "closed"


def test_where_one_cannot_listen_none_does() -> None:
    post = Post()
    with pytest.raises(UserError), mailbox.listening([post, Post(refuses=True)]):
        pass
    assert post.done[0] == "listens"
    assert len(post.done) == 1 or post.done[-1] == "ended"
