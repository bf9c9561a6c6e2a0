"""Listens for LMTP until it is killed: `lmtp_worker.py FOLDER`; prints its port."""

import sys
from pathlib import Path
from threading import Event

from vesicle.mailbox.lmtp import Mailbox, Options

if __name__ == "__main__":
    mailbox = Mailbox(Options(path="returns", port=0), folder=Path(sys.argv[1]))
    with mailbox.listen():
        sys.stdout.write(f"{mailbox.port}\n")
        sys.stdout.flush()
        Event().wait()
