"""The notebook of a run: alerts, and why nothing comes from an addressee, as the drivers come to know it."""

from __future__ import annotations

from hotline_sim.run import SHOWN_BY_STAGES, Glance, Note
from hotline_sim.script import Script
from hotline_sim.standing import Standing
from hotline_sim.subjects import Subject


class Notebook:
    """Notes and glances of one run, virtual or live."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._silences: dict[tuple[str, str], str] = {}
        self._unstaffed: set[tuple[str, str]] = set()
        self.notes: list[Note] = []
        self.glances: dict[int, Glance] = {}

    def add(self, at_ms: int, post: str, what: str, words: str, message: str = "") -> None:
        """Something happened at a post."""
        self.notes.append(Note(at_ms, post, what, words, message))

    def alert(self, at_ms: int, post: str, code: str, digest: bytes, detail: str) -> None:
        """A post's watch was alarmed; what is told anyway is left out."""
        if code not in SHOWN_BY_STAGES:
            line = self._script.lines.get(digest)
            self.add(at_ms, post, code, detail, line.message if line else "")

    def changed(self, at_ms: int, post: str, standing: Standing) -> Subject | None:
        """A statement is new or stands otherwise at a post; what people make of it, if they deal with it."""
        self._script.overhear(standing.digest, standing.statement)
        subject = self._script.subject_of(standing.digest)
        if subject is not None and subject.name == subject.message and standing.from_post == post:
            self._note_silence(at_ms, subject.message, standing)
            self._note_unstaffed(at_ms, subject.message, standing)
        return subject

    def _note_unstaffed(self, at_ms: int, message: str, standing: Standing) -> None:
        """Once for each addressee; the stage itself gives way to PRESENTED as soon as somebody comes."""
        for rung in standing.rungs:
            if rung.value == "UNSTAFFED" and (message, rung.post) not in self._unstaffed:
                self._unstaffed.add((message, rung.post))
                self.add(at_ms, rung.post, "UNSTAFFED", "its node says that nobody was on watch when it came", message)

    def _note_silence(self, at_ms: int, message: str, standing: Standing) -> None:
        """Each word once for each addressee, until another takes its place."""
        for ladder in standing.ladders:
            before = self._silences.get((message, ladder.post), "")
            if ladder.silence and ladder.silence != before:
                self.add(at_ms, ladder.post, "SILENT", ladder.silence, message)
            if ladder.silence:
                self._silences[message, ladder.post] = ladder.silence
