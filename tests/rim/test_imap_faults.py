"""The mailbox `imap` and servers that refuse, break off, lie, or lack what newer ones have."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.mailbox.imap import Mailbox, Options
from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.testing.imapserver import Act, ImapServer, Now, Script


@contextmanager
def reading(server: ImapServer, *, username: str = "me", folder: str = "INBOX") -> Iterator[Mailbox]:
    options = Options(
        host=server.host,
        port=server.port,
        security="none",
        username=username,
        password="secret-word",
        folder=folder,
        timeout=20,
    )
    mailbox = Mailbox(options, folder=Path())
    try:
        yield mailbox
    finally:
        mailbox.close()


def on(command: str, act: Act, *, numbers: tuple[int, ...] = (1,)) -> Script:
    """Do *act* at those times that *command* comes, counted from 1; at all of them where none is given."""

    def script(now: Now) -> Act | None:
        return act if now.command == command and (not numbers or now.number in numbers) else None

    return script


def contents(mailbox: Mailbox) -> list[bytes]:
    return [one.content for one in mailbox.new()]


def read_all(mailbox: Mailbox) -> list[bytes]:
    found = []
    for one in mailbox.new():
        mailbox.put_aside(one.id, is_understood=True)
        found.append(one.content)
    return found


class TestWhatIsRefused:
    @pytest.mark.parametrize("extensions", [("AUTH=PLAIN",), ()])
    def test_a_refused_login_is_final_and_tells_no_password(self, extensions: tuple[str, ...]) -> None:
        with (
            ImapServer(extensions=extensions) as server,
            reading(server, username="you") as mailbox,
            pytest.raises(PermanentFailure, match="refused the login of you") as caught,
        ):
            contents(mailbox)
        assert "word" not in str(caught.value)
        assert server.connections == 1

    @pytest.mark.parametrize("command", ["LOGIN", "AUTHENTICATE"])
    def test_a_login_that_is_refused_for_now_may_work_later(self, command: str) -> None:
        extensions = ("AUTH=PLAIN",) if command == "AUTHENTICATE" else ()
        script = on(command, Act(reply="NO [UNAVAILABLE] the directory is away"))
        with ImapServer(extensions=extensions, script=script) as server, reading(server) as mailbox:
            with pytest.raises(TemporaryFailure, match="UNAVAILABLE"):
                contents(mailbox)
            assert contents(mailbox) == []

    def test_a_folder_that_is_not_there_is_named(self) -> None:
        with (
            ImapServer() as server,
            reading(server, folder="Bounces") as mailbox,
            pytest.raises(PermanentFailure, match="does not open the folder Bounces: no such folder"),
        ):
            contents(mailbox)

    def test_a_server_that_is_away_may_come_back(self) -> None:
        with ImapServer() as server:
            pass
        with reading(server) as mailbox, pytest.raises(TemporaryFailure, match="could not be reached"):
            contents(mailbox)

    def test_a_server_that_says_goodbye_at_once_is_away(self) -> None:
        script = on("greeting", Act(raw=b"* BYE too busy\r\n"), numbers=())
        with (
            ImapServer(script=script) as server,
            reading(server) as mailbox,
            pytest.raises(TemporaryFailure, match="too busy"),
        ):
            contents(mailbox)


class TestLostConnections:
    @pytest.mark.parametrize("command", ["SELECT", "UID SEARCH", "UID FETCH", "CAPABILITY", "LIST"])
    @pytest.mark.parametrize("act", [Act(drops=True), Act(cuts=7), Act(raw=b"* BYE restart\r\n")])
    def test_one_that_is_lost_while_reading_is_opened_once_more(self, command: str, act: Act) -> None:
        with ImapServer(script=on(command, act)) as server, reading(server) as mailbox:
            for number in range(3):
                server.put(b"mail %d" % number)
            assert contents(mailbox) == [b"mail 0", b"mail 1", b"mail 2"]
            assert server.connections == 2

    @pytest.mark.parametrize("cuts", [40, 60, 500, 1_040])
    def test_one_that_ends_within_a_literal_gives_no_half_mail(self, cuts: int) -> None:
        script = on("UID FETCH", Act(cuts=cuts), numbers=(2,))
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"x" * 1_000)
            assert contents(mailbox) == [b"x" * 1_000]

    def test_one_that_is_lost_again_and_again_is_away(self) -> None:
        script = on("UID FETCH", Act(cuts=500), numbers=())
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"x" * 1_000)
            with pytest.raises(TemporaryFailure):
                contents(mailbox)
            assert server.connections == 2

    def test_a_mail_that_somebody_else_takes_at_the_same_moment_is_no_failure(self) -> None:
        """RFC 5530, section 3: EXPUNGEISSUED."""
        script = on("UID MOVE", Act(reply="NO [EXPUNGEISSUED] some of them are gone"))
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            server.put(b"two")
            assert read_all(mailbox) == [b"one", b"two"]

    @pytest.mark.parametrize("command", ["UID MOVE", "UID STORE", "UID COPY", "UID EXPUNGE", "CREATE"])
    @pytest.mark.parametrize("act", [Act(drops=True), Act(cuts=0)])
    @pytest.mark.parametrize("extensions", [("MOVE",), ("UIDPLUS",), ()])
    def test_one_that_is_lost_while_moving_loses_no_mail(
        self, command: str, act: Act, extensions: tuple[str, ...]
    ) -> None:
        """Where it moves in steps, a mail may then be among the understood twice."""
        with ImapServer(script=on(command, act), extensions=extensions) as server, reading(server) as mailbox:
            for number in range(3):
                server.put(b"mail %d" % number)
            assert read_all(mailbox) == [b"mail 0", b"mail 1", b"mail 2"]
            assert contents(mailbox) == []
            moved = server.contents("INBOX/understood")
            assert set(moved) == {b"mail 0", b"mail 1", b"mail 2"}
            assert len(moved) == 3 or (extensions != ("MOVE",) and len(moved) == 4)


class TestUidvalidity:
    def test_a_mail_is_not_moved_by_a_number_that_is_another_mails_now(self) -> None:
        with ImapServer() as server, reading(server) as mailbox:
            server.put(b"one")
            (one,) = mailbox.new()
            server.folders["INBOX"].validity = 8
            with reading(server) as later:
                later.put_aside(one.id, is_understood=True)
                (again,) = later.new()
            assert (again.content, again.id == one.id) == (b"one", False)
            assert server.contents("INBOX/understood") == []

    def test_a_folder_that_is_numbered_anew_within_a_reading_is_read_again(self) -> None:
        def script(now: Now) -> Act | None:
            if now.command == "UID FETCH" and now.number == 2:
                server.folders["INBOX"].validity = 8
                return Act(drops=True)
            return None

        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            with pytest.raises(TemporaryFailure, match="numbered anew"):
                contents(mailbox)
            assert [one.id for one in mailbox.new()] == ["8.1"]


class TestOlderServers:
    def test_without_move_a_mail_is_copied_and_it_alone_is_expunged(self) -> None:
        with ImapServer(extensions=("UIDPLUS",)) as server, reading(server) as mailbox:
            theirs = server.folders["INBOX"].add(b"somebody else deletes this", {"\\Deleted"})
            ours = server.put(b"ours")
            assert read_all(mailbox) == [b"ours"]
            assert server.contents("INBOX/understood") == [b"ours"]
            assert [one.uid for one in server.folders["INBOX"].mails] == [theirs]
        assert f"UID EXPUNGE {ours}" in server.commands

    def test_without_uid_expunge_a_mail_keeps_its_mark_and_is_not_new(self) -> None:
        with ImapServer(extensions=()) as server, reading(server) as mailbox:
            server.folders["INBOX"].add(b"somebody else deletes this", {"\\Deleted"})
            server.put(b"ours")
            assert read_all(mailbox) == [b"ours"]
            assert server.contents("INBOX") == [b"somebody else deletes this", b"ours"]
            assert contents(mailbox) == []
        assert [one for one in server.commands if "EXPUNGE" in one] == []

    @pytest.mark.parametrize(("delimiter", "name"), [(".", "INBOX.understood"), ("", "INBOX-understood")])
    def test_folders_are_made_as_the_server_names_them(self, delimiter: str, name: str) -> None:
        with ImapServer(delimiter=delimiter) as server, reading(server) as mailbox:
            server.put(b"one")
            read_all(mailbox)
            assert server.contents(name) == [b"one"]
            assert name in server.subscribed

    def test_a_folder_outside_of_ascii_is_named_as_it_has_to_be(self) -> None:
        with ImapServer() as server, reading(server, folder='Zurück & "weg"') as mailbox:
            folder = server.folders['Zur&APw-ck &- "weg"'] = server.folders["INBOX"]
            folder.add(b"one")
            assert read_all(mailbox) == [b"one"]
            assert server.contents('Zur&APw-ck &- "weg"/understood') == [b"one"]


class TestManyAndLarge:
    def test_a_thousand_mails_are_fetched_in_batches_and_stay_unread(self) -> None:
        with ImapServer() as server, reading(server) as mailbox:
            for number in range(1_000):
                server.put(b"mail %d" % number)
            assert contents(mailbox) == [b"mail %d" % number for number in range(1_000)]
            assert [one for one in server.folders["INBOX"].mails if one.flags] == []
        assert len([one for one in server.commands if "BODY" in one]) == 10

    def test_of_a_large_mail_the_beginning_is_given_and_all_of_it_put_aside(self) -> None:
        large = b"y" * 10_000_001
        with ImapServer() as server, reading(server) as mailbox:
            for content in (b"before", large, b"behind"):
                server.put(content)
            assert read_all(mailbox) == [b"before", large[:-1], b"behind"]
            assert server.contents("INBOX/understood") == [b"before", large, b"behind"]

    def test_a_mail_that_the_server_does_not_give_keeps_back_no_other(self) -> None:
        def script(now: Now) -> Act | None:
            is_bad = "BODY" in now.arguments and "2" in now.arguments.partition(" ")[0].split(",")
            return Act(reply="NO [SERVERBUG] this one is broken") if is_bad else None

        with ImapServer(script=script) as server, reading(server) as mailbox:
            for number in range(1, 4):
                server.put(b"mail %d" % number)
            mails = mailbox.new()
            assert [next(mails).content, next(mails).content] == [b"mail 1", b"mail 3"]
            with pytest.raises(TemporaryFailure, match="this one is broken"):
                next(mails)

    def test_a_move_that_is_refused_is_told_and_the_mail_stays(self) -> None:
        script = on("UID MOVE", Act(reply="NO [OVERQUOTA] full"), numbers=())
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            (one,) = mailbox.new()
            with pytest.raises(TemporaryFailure, match="OVERQUOTA"):
                mailbox.put_aside(one.id, is_understood=True)
            assert contents(mailbox) == [b"one"]


class TestHostileServers:
    @pytest.mark.parametrize(
        "raw",
        [
            b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n",
            b"* 1 FETCH (UID 1 BODY[] {99999999999999999999999999999}\r\nx",
            b"* 1 FETCH (UID 1 BODY[] {-5}\r\nxxxxx)\r\nTAG OK\r\n",
            b"* " + b"x" * 2_000_000,
            b"* OK \xff\xfe\r\n\xff\xff\r\n",
            b"\0\0\0\r\n",
            b"TAG\r\n",
        ],
    )
    def test_an_answer_that_is_none_is_given_up(self, raw: bytes) -> None:
        script = on("UID FETCH", Act(raw=raw), numbers=())
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            with pytest.raises(TemporaryFailure):
                contents(mailbox)

    def test_answers_without_an_end_are_given_up(self) -> None:
        script = on(
            "UID FETCH", Act(raw=(b"* 1 FETCH (FLAGS (" + b"x" * 900_000 + b"))\r\n") * 40), numbers=()
        )
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            with pytest.raises(TemporaryFailure, match="more than was asked for"):
                contents(mailbox)

    def test_mails_that_were_not_asked_for_are_not_given(self) -> None:
        raw = (
            b"* 9 FETCH (UID 9 BODY[] {3}\r\nbad)\r\n* 1 FETCH (BODY[] {4}\r\ngood UID 1)\r\nTAG OK done\r\n"
        )
        script = on("UID FETCH", Act(raw=raw), numbers=(2,))
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            assert contents(mailbox) == [b"good"]

    @given(
        lines=st.lists(
            st.binary(max_size=60) | st.sampled_from([b"* 1 FETCH (UID 1 BODY[] {3}", b"TAG OK x"])
        )
    )
    @settings(max_examples=40, deadline=None)
    def test_whatever_it_says_only_our_errors_come_out(self, lines: list[bytes]) -> None:
        raw = b"".join(line + b"\r\n" for line in lines)
        script = on("UID FETCH", Act(raw=raw), numbers=())
        with ImapServer(script=script) as server, reading(server) as mailbox:
            server.put(b"one")
            with suppress(OutsideError):
                contents(mailbox)

    @given(raw=st.binary(max_size=200))
    @settings(max_examples=40, deadline=None)
    def test_whatever_it_greets_with_only_our_errors_come_out(self, raw: bytes) -> None:
        script = on("greeting", Act(raw=raw), numbers=())
        with (
            ImapServer(script=script) as server,
            reading(server) as mailbox,
            pytest.raises(OutsideError),
        ):
            contents(mailbox)

    def test_one_that_says_nothing_is_given_up_in_time(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            options = Options(
                host="127.0.0.1",
                port=silent.getsockname()[1],
                security="none",
                username="me",
                password="x",
                timeout=0.05,
            )
            with pytest.raises(TemporaryFailure):
                contents(Mailbox(options, folder=Path()))
