"""The world of one trace: posts on a net, the offices behind them, names for what is said, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.kit import Net
from tests.traces import calls, matters, replies  # noqa: F401  they fill the table of what can be said
from tests.traces.names import Names
from tests.traces.office import START, Office
from tests.traces.saying import Saying, Speaker, saying
from tests.traces.telling import Telling
from tests.traces.words import Options, quoted, span_ns

from hotline import v1
from hotline.messages.texts import digest_of_text
from hotline.protocol.effects import Rewire
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, sign_statement


class Watched(Net):
    """A net that is looked at whenever something may have moved."""

    telling: Telling | None = None

    def __init__(self, office: Office) -> None:
        self.lines: list[str] = []
        super().__init__(rehearsal=office.rehearsal(), start=START, connected=False)

    def settle(self) -> None:
        """Let everything happen that happens now, cut the lines to posts that have left, and look."""
        super().settle()
        for post, desk in self.desks.items():
            if any(isinstance(effect, Rewire) for effect in desk.told):
                desk.told = [effect for effect in desk.told if not isinstance(effect, Rewire)]
                for peer in desk.endpoint.peers.keys() - desk.endpoint.trust.posts.keys():
                    self.disconnect(post, peer)
        if self.telling is not None:
            self.lines += self.telling.look()


class World:
    """What a script acts on. The net stands from the first command that needs it.

    Attributes:
        office: agreement, directories, keys.
        names: of posts and statements.
        backups: journals put aside, by post.
        papers: directories and revisions by the names that the script gives them.
    """

    def __init__(self) -> None:
        self.office = Office()
        self.backups: dict[str, list[bytes]] = {}
        self.papers: dict[str, v1.Envelope | v1.SignedAgreement] = {}
        self._net: Watched | None = None
        self._names: Names | None = None

    @property
    def net(self) -> Watched:
        """The posts and the lines between them."""
        if self._net is None:
            self._net = Watched(self.office)
            self._net.telling = Telling(self._net, self.names, START.utc_ns)
        return self._net

    @property
    def names(self) -> Names:
        """Names of posts and statements."""
        if self._names is None:
            self._names = Names(self.office.posts)
        return self._names

    @property
    def told(self) -> list[str]:
        """Lines since the last time they were asked for."""
        if self._net is None:
            return []
        self._net.settle()
        lines, self._net.lines = self._net.lines, []
        return lines

    def post(self, name: str) -> str:
        """The post that is called so."""
        return self.names.called(name)

    def posts(self, words: str) -> list[str]:
        """Several posts by their names."""
        return [self.post(name) for name in words.split()]

    def endpoint(self, name: str) -> Endpoint:
        """The Endpoint of a post."""
        return self.net[self.post(name)]

    def restart(self, post: str) -> None:
        """A post loses its memory and comes up again from its journal; its lines are cut."""
        self.net.restart(post)
        assert self.net.telling is not None
        self.net.telling.forget(post)

    # -- saying something --------------------------------------------------------------------------------------------

    def draft(self, post: str, words: str, options: Options) -> Draft:
        """What a post is about to say."""
        at = self.net.at(post)
        said = saying(words, Speaker(post, at.utc_ns, self.names.find, self.post), options)
        header = self._header(post, said, options)
        if quote := options.take("reply"):
            header["reply_by_ns"] = at.utc_ns + span_ns(quote.removeprefix("in "))
        if quote := options.take("valid"):
            until = v1.Window()
            getattr(until, "from").FromNanoseconds(at.utc_ns)
            until.until.FromNanoseconds(at.utc_ns + span_ns(quote.removeprefix("for ")))
            header["validity"] = until
        to = options.take("to")
        action = self.posts(to) if to else self._answered(post, said)
        info = self.posts(options.take("info"))
        return replace(Draft(said.body, action, v1.PRECEDENCE_IMMEDIATE, info=info), **header)

    def _answered(self, post: str, said: Saying) -> Sequence[str]:
        """Whom a statement is for where the script does not say: every other post of the channel."""
        return self.net[post].trust.others(post)

    def _header(self, post: str, said: Saying, options: Options) -> dict[str, Any]:
        header: dict[str, Any] = {"precedence": v1.PRECEDENCE_IMMEDIATE, **said.header}
        if said.about:
            book = self.net[post].book
            about = book.entries.get(said.about)
            header["thread"] = about.thread if about else said.about
            header["seen"] = book.newest(header["thread"])
        if seen := options.take("seen"):
            header["seen"] = [] if seen == "nothing" else [self.names.find(name) for name in seen.split()]
        if precedence := options.take("precedence"):
            header["precedence"] = v1.Precedence.Value(f"PRECEDENCE_{precedence}")
        if asks := options.take("asks"):
            header["stage_requested"] = v1.Stage.Value(f"STAGE_{asks}")
        header["texts"] = _texts(options)
        return header

    def signers(self, post: str, type_name: str, options: Options) -> list[Signer]:
        """Who signs: the persons named, or as many as the type asks of those whose role may."""
        officers = self.office.officers[post]
        if by := options.take("by"):
            return [officers[person] for person in by.split()]
        rules = {rule.type: rule for rule in self.net[post].trust.agreement.message.types}
        rule, listed = rules[type_name], self.office.posts[post].officers
        able = [officers[officer.person] for officer in listed if officer.role in rule.roles]
        return able[: rule.persons]

    def say(self, name: str, words: str, options: Options) -> list[str]:
        """A post says something: composed, signed, handed over, on its way."""
        post, called = self.post(name), options.take("as")
        draft = self.draft(post, words, options)
        signers = self.signers(post, draft.body.DESCRIPTOR.full_name, options)
        options.done()
        net = self.net
        try:
            statement = net[post].compose(draft, net.at(post))
            envelope = sign_statement(statement, *signers)
            submission = net[post].submit(envelope, net.at(post))
        except HotlineError as error:
            return [f"refused: {error.code}: {self.names.readable(error.detail)}"]
        if called and not self.names.has(submission.digest):
            self.names.name(submission.digest, called)
        return []


def _texts(options: Options) -> list[v1.Text]:
    """Texts from 'text en "..."', and translations of the first of them from 'translation zh "..."'."""
    texts = [
        v1.Text(language=words.split()[0], text=quoted(words), role=v1.Text.ROLE_AUTHENTIC)
        for words in options.all("text")
    ]
    for words in options.all("translation"):
        texts.append(
            v1.Text(
                language=words.split()[0],
                text=quoted(words),
                role=v1.Text.ROLE_TRANSLATION,
                translation_of=digest_of_text(texts[0].text),
            )
        )
    return texts
