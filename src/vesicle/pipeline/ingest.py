"""An update file of PubMed as a source."""

from collections.abc import Iterator
from typing import BinaryIO

from vesicle.model.errors import OutsideError
from vesicle.model.paper import Cursor, Page, Paper
from vesicle.text.pubmed import read_file

PAGE = 500


class FileSource:
    """The records of an open file (.xml or .xml.gz), read as a stream."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the records, 500 a page.

        Raises TemporaryFailure or PermanentFailure where the file is broken, after what stands before that.
        """
        papers: list[Paper] = []
        deleted: list[str] = []
        try:
            for one in read_file(self._file):
                if isinstance(one, Paper):
                    papers.append(one)
                else:
                    deleted.append(one.pmid)
                if len(papers) + len(deleted) == PAGE:
                    yield Page(papers=tuple(papers), deleted=tuple(deleted), cursor=cursor)
                    papers, deleted = [], []
        except OutsideError:
            yield Page(papers=tuple(papers), deleted=tuple(deleted), cursor=cursor)
            raise
        yield Page(papers=tuple(papers), deleted=tuple(deleted), cursor=cursor)
