"""Names instead of digests and long post ids, so that a trace can be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tests.traces.office import party_of

from hotline import v1

_HEX = re.compile(r"\b[0-9a-f]{12,64}\b")
_OWN = {"QueryAck": "query", "Escalated": "step", "ChannelTest": "test"}


class Names:
    """What a trace calls its posts and statements.

    A post is called by its party where the party has no other post; a statement has the name that the script gave it,
    or, said by a node, the name of its kind with a number.
    """

    def __init__(self, posts: Iterable[str]) -> None:
        self._of_digest: dict[bytes, str] = {}
        self._digests: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._posts: dict[str, str] = {}
        self.know(posts)

    def know(self, posts: Iterable[str]) -> None:
        """Posts of the channel, all of them."""
        known = set(posts) | set(self._posts)
        of_party = Counter(map(party_of, known))
        self._posts = {post: party_of(post) if of_party[party_of(post)] == 1 else post for post in sorted(known)}

    def post(self, post: str) -> str:
        """What a post is called."""
        return self._posts.get(post, post)

    def called(self, name: str) -> str:
        """The post that is called so, by its id or by the name it is shown with."""
        found = [post for post, short in self._posts.items() if name in (post, short)]
        if not found:
            raise ValueError(f"no post is called {name}")
        return found[0]

    def name(self, digest: bytes, name: str) -> None:
        """Call a statement by a name."""
        if name in self._digests:
            raise ValueError(f"there is a {name} already")
        self._digests[name], self._of_digest[digest] = digest, name

    def find(self, name: str) -> bytes:
        """The digest of the statement that is called so."""
        if name not in self._digests:
            raise ValueError(f"nothing is called {name}")
        return self._digests[name]

    def has(self, digest: bytes) -> bool:
        """Whether a statement has a name yet."""
        return digest in self._of_digest

    def ref(self, digest: bytes) -> str:
        """What a statement is called."""
        return self._of_digest.get(digest, "(unnamed)")

    def number(self, digest: bytes, kind: str) -> str:
        """Give a statement that the script did not name one of its own."""
        stem = _OWN.get(kind, kind)
        self._counts[stem] += 1
        self.name(digest, f"{stem}-{self._counts[stem]}")
        return self.ref(digest)

    def readable(self, text: str) -> str:
        """A text in which posts and statements are called by their names."""
        for post in sorted(self._posts, key=len, reverse=True):
            text = re.sub(rf"{re.escape(post)}(?![\w-])", self._posts[post], text)
        return _HEX.sub(self._named, text)

    def _named(self, found: re.Match[str]) -> str:
        fits = [name for digest, name in self._of_digest.items() if digest.hex().startswith(found[0])]
        return fits[0] if len(fits) == 1 else "(digest)"


def stage_name(stage: v1.Stage.ValueType) -> str:
    """READ for STAGE_READ."""
    return v1.Stage.Name(stage).removeprefix("STAGE_")
