"""One connection: commands in, answers out (RFC 3501, 4315, 6851)."""

import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING, BinaryIO

from vesicle.testing.imapserver.folder import DELETED, Folder, Stored

if TYPE_CHECKING:
    from vesicle.testing.imapserver.server import ImapServer

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\(([^)]*)\)|(\S+)')
_PART = re.compile(r"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?")


class Ended(OSError):
    """The connection is to end here."""


class Talk:
    """Serves one connection; a command that is not allowed now, or not known, is BAD."""

    def __init__(self, server: "ImapServer", sock: socket, number: int) -> None:
        self._server, self._sock, self._number = server, sock, number
        self._is_in = False
        self._folder: Folder | None = None
        self._out = b""
        self._input: BinaryIO | None = None
        self._commands: dict[str, Callable[[list[str]], str]] = {
            "CAPABILITY": self._capability,
            "NOOP": lambda _: "OK done",
            "LOGOUT": self._logout,
            "STARTTLS": lambda _: "OK begin",
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "LIST": self._list,
            "CREATE": self._create,
            "SUBSCRIBE": self._subscribe,
            "SELECT": self._select,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "UID STORE": self._store,
            "UID COPY": self._copy,
            "UID MOVE": self._move,
            "UID EXPUNGE": self._expunge,
            "EXPUNGE": self._expunge,
        }

    def run(self) -> None:
        """Talk until one side ends it; raises OSError then."""
        if self._server.tls and not self._server.has_starttls:
            self._encrypt()
        self._read_from(self._sock)
        self._answer("", "greeting", "", lambda: "* OK ready")
        while line := self._next_line():
            tag, _, rest = line.decode("ascii").rstrip("\r\n").partition(" ")
            verb, _, arguments = rest.partition(" ")
            if verb.upper() == "UID":
                second, _, arguments = arguments.partition(" ")
                verb = f"UID {second}"
            self._serve(tag, verb.upper(), arguments)

    def close(self) -> None:
        """Let the socket go."""
        with suppress(OSError):
            self._sock.shutdown(SHUT_RDWR)
        if self._input:
            self._input.close()
        self._sock.close()

    def _serve(self, tag: str, verb: str, arguments: str) -> None:
        words = [_word(found) for found in _WORD.finditer(arguments)]
        if verb == "UID STORE":
            words = arguments.split(" ")

        def done() -> str:
            if not self._is_allowed(verb):
                return f"{tag} BAD not now"
            return f"{tag} {self._commands[verb](words)}"

        self._answer(tag, verb, arguments, done)
        if verb == "STARTTLS":
            self._encrypt()
            self._read_from(self._sock)

    def _answer(self, tag: str, verb: str, arguments: str, done: Callable[[], str]) -> None:
        act = self._server.act(verb, arguments, self._number)
        if act and act.drops:
            raise Ended
        if act and act.reply:
            self._sock.sendall(f"{tag} {act.reply}\r\n".lstrip().encode())
            return
        if act and act.raw is not None:
            self._sock.sendall(act.raw.replace(b"TAG", tag.encode()))
            raise Ended
        with self._server.lock:
            last = done()
            answer, self._out = self._out + f"{last}\r\n".encode(), b""
        self._sock.sendall(answer[: act.cuts] if act else answer)
        if (act and act.cuts is not None) or verb == "LOGOUT":
            raise Ended

    def _is_allowed(self, verb: str) -> bool:
        extensions = self._server.extensions
        if verb not in self._commands or (verb == "UID MOVE" and "MOVE" not in extensions):
            return False
        if verb == "UID EXPUNGE" and "UIDPLUS" not in extensions:
            return False
        if verb in ("CAPABILITY", "NOOP", "LOGOUT"):
            return True
        if verb == "STARTTLS":
            return self._server.has_starttls and not self._is_in
        if verb in ("LOGIN", "AUTHENTICATE"):
            return not self._is_in
        needs_folder = verb.startswith("UID ") or verb == "EXPUNGE"
        return self._is_in and (self._folder is not None or not needs_folder)

    def _encrypt(self) -> None:
        assert self._server.tls
        encrypted = self._server.tls.wrap_socket(self._sock, server_side=True)
        self._server.replace(self._sock, encrypted)
        self._sock = encrypted

    def _read_from(self, sock: socket) -> None:
        if self._input:
            self._input.close()
        self._input = sock.makefile("rb")

    def _next_line(self) -> bytes:
        assert self._input
        return self._input.readline()

    def _say(self, line: bytes | str) -> None:
        self._out += b"* " + (line.encode() if isinstance(line, str) else line) + b"\r\n"

    def _capability(self, _: list[str]) -> str:
        offered = [*self._server.extensions, *["STARTTLS"] * self._server.has_starttls]
        self._say(" ".join(["CAPABILITY IMAP4rev1", *offered]))
        return "OK done"

    def _logout(self, _: list[str]) -> str:
        self._say("BYE now")
        return "OK done"

    def _login(self, words: list[str]) -> str:
        self._is_in = tuple(words) == self._server.login
        return "OK in" if self._is_in else "NO [AUTHENTICATIONFAILED] not " + " ".join(words)

    def _authenticate(self, _: list[str]) -> str:
        if "AUTH=PLAIN" not in self._server.extensions:
            return "NO not offered"
        self._sock.sendall(b"+ \r\n")
        return self._login(b64decode(self._next_line()).decode().split("\0")[1:])

    def _list(self, words: list[str]) -> str:
        between = f'"{self._server.delimiter}"' if self._server.delimiter else "NIL"
        names = [""] if words == ["", ""] else sorted(self._server.folders)
        for name in names:
            self._say(f'LIST () {between} "{name}"')
        return "OK done"

    def _create(self, words: list[str]) -> str:
        if words[0] in self._server.folders:
            return "NO [ALREADYEXISTS] it is there"
        self._server.folders[words[0]] = Folder(validity=7)
        return "OK done"

    def _subscribe(self, words: list[str]) -> str:
        self._server.subscribed.add(words[0])
        return "OK done"

    def _select(self, words: list[str]) -> str:
        self._folder = self._server.folders.get(words[0])
        if self._folder is None:
            return "NO no such folder"
        self._say(f"{len(self._folder.mails)} EXISTS")
        self._say("0 RECENT")
        self._say(r"FLAGS (\Seen \Deleted)")
        self._say(f"OK [UIDVALIDITY {self._folder.validity}] valid")
        self._say(f"OK [UIDNEXT {self._folder.next_uid}] next")
        return "OK [READ-WRITE] open"

    def _search(self, words: list[str]) -> str:
        found = self._open.by_number(words[0])
        if words[1:] != ["UNDELETED"]:
            return "BAD only UNDELETED is known here"
        self._say("SEARCH " + " ".join(str(mail.uid) for _, mail in found if DELETED not in mail.flags))
        return "OK done"

    def _fetch(self, words: list[str]) -> str:
        for number, mail in self._open.by_uid(words[0]):
            told = [_told(mail, wanted) for wanted in words[1].split()]
            self._say(f"{number} FETCH (".encode() + b" ".join(told) + b")")
        return "OK done"

    def _store(self, words: list[str]) -> str:
        if words[1] != "+FLAGS.SILENT":
            return "BAD only +FLAGS.SILENT is known here"
        for _, mail in self._open.by_uid(words[0]):
            mail.flags |= set(words[2].strip("()").split())
        return "OK done"

    def _copy(self, words: list[str]) -> str:
        target = self._server.folders.get(words[1])
        if target is None:
            return "NO [TRYCREATE] no such folder"
        for _, mail in self._open.by_uid(words[0]):
            target.add(mail.content, mail.flags)
        return "OK done"

    def _move(self, words: list[str]) -> str:
        done = self._copy(words)
        if done == "OK done":
            self._remove([mail for _, mail in self._open.by_uid(words[0])])
        return done

    def _expunge(self, words: list[str]) -> str:
        found = self._open.by_uid(words[0] if words else "1:*")
        self._remove([mail for _, mail in found if DELETED in mail.flags])
        return "OK done"

    def _remove(self, mails: list[Stored]) -> None:
        for mail in mails:
            self._say(f"{self._open.mails.index(mail) + 1} EXPUNGE")
            self._open.mails.remove(mail)

    @property
    def _open(self) -> Folder:
        assert self._folder
        return self._folder


def _word(found: re.Match[str]) -> str:
    """Give a quoted string, what stands within parentheses, or an atom."""
    if found[1] is not None:
        return re.sub(r"\\(.)", r"\1", found[1])
    return found[2] if found[2] is not None else found[3]


def _told(mail: Stored, wanted: str) -> bytes:
    if wanted == "UID":
        return f"UID {mail.uid}".encode()
    if wanted == "FLAGS":
        return f"FLAGS ({' '.join(sorted(mail.flags))})".encode()
    if wanted == "RFC822.SIZE":
        return f"RFC822.SIZE {len(mail.content)}".encode()
    part = _PART.fullmatch(wanted)
    assert part, wanted
    start = int(part[1] or 0)
    content = mail.content[start : start + int(part[2])] if part[2] else mail.content
    name = f"BODY[]<{start}>" if part[2] else "BODY[]"
    return f"{name} {{{len(content)}}}\r\n".encode() + content
