"""The offices behind the posts of a trace: roots, registrars, the agreement, the directories, and every private key.

Posts are kept in the form in which directories list them, so that a new version is: change a post, issue it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from google.protobuf.duration_pb2 import Duration
from tests.kit import key

from hotline import v1
from hotline.agreements.build import key_of, new_agreement, sign_agreement, window
from hotline.agreements.profile import load_profile
from hotline.agreements.rehearsal import Rehearsal
from hotline.protocol.envelope import DIRECTORY, digest_of, sign
from hotline.protocol.instant import NS_PER_S, Instant, to_timestamp
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust, open_agreement

START = Instant(0, 1_772_409_600 * NS_PER_S)  # 2026-03-02T00:00:00Z: what a trace shows as 00:00:00
DAY_NS = 86_400 * NS_PER_S
CHANNEL = "trace"
ROLES = {"officer-1": "watch-officer", "officer-2": "releaser", "officer-3": "commander"}
# Tests of the line come too often for a trace that is about something else; a trace that is about them says so.
QUIET_TESTS_S = 604_800


def party_of(post: str) -> str:
    """The party that a post belongs to."""
    return post.rpartition(":")[0]


class Office:
    """Everything that the parties of a trace sign at their desks, and the keys they sign it with.

    Attributes:
        parties: each party in its form in the agreement.
        posts: each post as its directory lists it.
        roots, registrars: signers by party.
        nodes: node signer by post.
        officers: officer signers by post and person.
        answers_for, levels, line: what the first revision says besides the default profile.
        revisions: the agreement as signed, revision by revision.
        directories: versions as signed, by party.
        delegations: as of the next version, by party.
    """

    def __init__(self) -> None:
        self.parties: dict[str, v1.Party] = {}
        self.posts: dict[str, v1.Post] = {}
        self.roots: dict[str, list[Signer]] = {}
        self.registrars: dict[str, Signer] = {}
        self.nodes: dict[str, Signer] = {}
        self.officers: dict[str, dict[str, Signer]] = {}
        self.answers_for: list[v1.AnswersFor] = []
        self.levels: dict[str, v1.Level.ValueType] = {}
        self.revisions: list[v1.SignedAgreement] = []
        self.directories: dict[str, list[v1.Envelope]] = {}
        self.delegations: dict[str, list[v1.Delegation]] = {}
        self.line = v1.LineRules(test_every=Duration(seconds=QUIET_TESTS_S))
        self._pool = itertools.count()

    def draw(self) -> Signer:
        """A key that nobody has yet."""
        return key(next(self._pool))

    def found(self, party: str, roots: int = 1, threshold: int = 1, member_of: str = "") -> None:
        """A party with its roots and its registrar."""
        self.roots[party] = [self.draw() for _ in range(roots)]
        self.registrars[party] = self.draw()
        self.parties[party] = v1.Party(
            id=party,
            name=party,
            root_keys=map(key_of, self.roots[party]),
            root_threshold=threshold,
            registrar_keys=[key_of(self.registrars[party])],
            member_of=member_of,
        )

    def open_post(self, post: str, officers: Mapping[str, str], **fields: object) -> None:
        """A post with a node and officers; `fields` are those of v1.Post."""
        if party_of(post) not in self.parties:
            self.found(party_of(post))
        self.nodes[post] = self.draw()
        self.officers[post] = {person: self.draw() for person in officers}
        listed = v1.Post(
            id=post,
            name=post,
            function=v1.Post.FUNCTION_OPERATING,
            level=v1.LEVEL_OPERATING,
            endpoint="memory.invalid:1",
            tls_certificates=[bytes(64)],
            node=self.certificate(self.nodes[post], 1, START.utc_ns),
            officers=[
                v1.OfficerCertificate(
                    person=person,
                    key=key_of(self.officers[post][person]),
                    role=role,
                    valid=window(START.utc_ns - DAY_NS, START.utc_ns + 6 * DAY_NS),
                )
                for person, role in officers.items()
            ],
        )
        listed.MergeFrom(v1.Post(**fields))  # type: ignore[arg-type]  # fields by name
        self.posts[post] = listed

    def delegate(self, post: str, role: str, lender: str, person: str, span_ns: int) -> None:
        """Lend a role, from the start, as of the next version of the directory."""
        lent = v1.Delegation(
            post=post,
            from_person=lender,
            to_person=person,
            role=role,
            valid=window(START.utc_ns, START.utc_ns + span_ns),
        )
        self.delegations.setdefault(party_of(post), []).append(lent)

    def certificate(self, node: Signer, epoch: int, from_ns: int) -> v1.NodeCertificate:
        """A node's certificate for an epoch."""
        return v1.NodeCertificate(key=key_of(node), epoch=epoch, valid=window(from_ns - DAY_NS, from_ns + 28 * DAY_NS))

    def renew(self, post: str, at_ns: int) -> Signer:
        """A new node key for a post, in its next epoch, as of the next version of the directory."""
        self.nodes[post] = self.draw()
        entry = self.posts[post]
        entry.node.CopyFrom(self.certificate(self.nodes[post], entry.node.epoch + 1, at_ns))
        return self.nodes[post]

    def rehearsal(self) -> Rehearsal:
        """The channel as it is first signed."""
        payload = new_agreement(
            load_profile(),
            channel=CHANNEL,
            kind=v1.KIND_EXERCISE,
            in_force=window(START.utc_ns - DAY_NS, START.utc_ns + 30 * DAY_NS),
            parties=self.parties.values(),
            exercise_clock=v1.ExerciseClock(
                real_start=to_timestamp(START.utc_ns), exercise_start=to_timestamp(START.utc_ns), speed=1
            ),
        )
        message = v1.Agreement.FromString(payload)
        message.line.ClearField("watch_tests")
        message.line.MergeFrom(self.line)
        message.answers_for.extend(self.answers_for)
        for rule in message.types:
            rule.level = self.levels.get(rule.type.rpartition(".")[2], rule.level)
        self.revisions = [sign_agreement(message.SerializeToString(deterministic=True), self.roots)]
        agreement = open_agreement(self.revisions[0].SerializeToString())
        directories = [self.issue(party, START.utc_ns) for party in self.parties]
        trust = Trust(agreement, directories)
        first_roots = {party: roots[0] for party, roots in self.roots.items()}
        return Rehearsal(trust, dict(self.nodes), self.officers, first_roots, self.registrars)

    @property
    def agreement(self) -> v1.Agreement:
        """The newest revision."""
        return v1.Agreement.FromString(self.revisions[-1].envelopes[0].payload)

    def issue(
        self,
        party: str,
        at_ns: int,
        closures: Iterable[v1.Closure] = (),
        revocations: Iterable[v1.Revocation] = (),
        instead: bool = False,
    ) -> v1.Envelope:
        """The next version of a party's directory, with its posts as they now stand.

        Args:
            instead: in the place of the newest version, with its number, as nobody should.
        """
        held = self.directories.setdefault(party, [])
        before = held[:-1] if instead else held
        directory = v1.Directory(
            channel=CHANNEL,
            agreement_digest=digest_of(self.revisions[-1].envelopes[0]),
            kind=v1.KIND_EXERCISE,
            party=party,
            version=len(before) + 1,
            previous_digest=digest_of(before[-1]) if before else b"",
            issued_at=to_timestamp(at_ns),
            posts=self.of(party),
            closures=closures,
            revocations=revocations,
            delegations=self.delegations.get(party, ()),
        )
        made = sign(DIRECTORY, directory.SerializeToString(deterministic=True), self.registrars[party])
        if not instead:
            held.append(made)
        return made

    def with_new_roots(self, party: str) -> v1.Agreement:
        """The newest revision with as many new roots for a party in the place of the old, which sign it too."""
        message, fresh = self.agreement, [self.draw() for _ in self.roots[party]]
        listed = next(listed for listed in message.parties if listed.id == party)
        del listed.root_keys[:]
        listed.root_keys.extend(map(key_of, fresh))
        self.roots[party] = [*self.roots[party], *fresh]
        return message

    def revise(
        self, message: v1.Agreement, from_ns: int, *, alone: str = "", instead: bool = False
    ) -> v1.SignedAgreement:
        """The next revision of the agreement with this content, in force from an instant, signed by every root.

        Args:
            alone: the one party that signs, where the others do not.
            instead: in the place of the newest revision, with its number, as nobody should.
        """
        before = self.revisions[:-1] if instead else self.revisions
        message.revision, message.previous_digest = len(before) + 1, digest_of(before[-1].envelopes[0])
        getattr(message.in_force, "from").CopyFrom(to_timestamp(from_ns))
        roots = {party: roots for party, roots in self.roots.items() if alone in ("", party)}
        signed = sign_agreement(message.SerializeToString(deterministic=True), roots)
        if not instead and not alone:
            self.revisions.append(signed)
        return signed

    def of(self, party: str) -> Sequence[v1.Post]:
        """Posts of a party as they now stand."""
        return [post for name, post in self.posts.items() if party_of(name) == party]


def hours(words: Iterable[str]) -> list[v1.DailyWindow]:
    """Hours of the day from "08:00-18:00"."""
    made = []
    for span in words:
        first, last = (60 * int(hour) + int(minute) for hour, minute in (end.split(":") for end in span.split("-")))
        made.append(
            v1.DailyWindow(**{"from": Duration(seconds=60 * first)}, length=Duration(seconds=60 * (last - first)))
        )
    return made
