"""The gate for papers that peers bring: one that lists a key known from the other kind does not come in (REQ-KIND-1).

The core takes revisions and directories out of Frames by itself, and which keys this installation has met stands in a
file. So a paper that the core would take is held against that file first, and left out of its Frame if it fails.
Nothing is noted here: a key is only known from what was taken.
"""

from __future__ import annotations

from hotline import v1
from hotline.node.load import KeyBook, Paper, keys_in
from hotline.node.refusals import Refusals
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, parse
from hotline.protocol.errors import HotlineError
from hotline.protocol.trust import Trust

_MARKS = (AGREEMENT.encode(), DIRECTORY.encode())


class PaperGate:
    """Lets Frames pass, without the papers that may not."""

    def __init__(self, endpoint: Endpoint, book: KeyBook, refusals: Refusals) -> None:
        self._endpoint, self._book, self._refusals = endpoint, book, refusals

    def __call__(self, frame: bytes) -> bytes:
        """A Frame as the core may see it. What is wrong with it otherwise is for the core to say."""
        if not any(mark in frame for mark in _MARKS):
            return frame
        try:
            message = parse(frame, v1.Frame)
        except HotlineError:
            return frame
        trial = self._endpoint.trust.copy()
        agreements = [paper for paper in message.agreements if self._passes(paper, trial)]
        directories = [paper for paper in message.directories if self._passes(paper, trial)]
        if len(agreements) == len(message.agreements) and len(directories) == len(message.directories):
            return frame
        del message.agreements[:], message.directories[:]
        message.agreements.extend(agreements)
        message.directories.extend(directories)
        return message.SerializeToString()

    def _passes(self, paper: Paper, trial: Trust) -> bool:
        """Whether a paper is none that would be taken, or lists no key of the other kind."""
        try:
            new = trial.take_agreement(paper) if isinstance(paper, v1.SignedAgreement) else trial.take_directory(paper)
        except HotlineError:
            return True
        try:
            self._book.hold(keys_in(paper) if new is not None else ())
        except HotlineError as error:
            self._refusals.tell("paper_refused", error)
            return False
        return True
