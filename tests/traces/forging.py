"""What somebody could send who is no honest node: a stranger, a line that changes bytes, a node in wrong hands."""

from __future__ import annotations

from collections.abc import Callable

from tests.kit import key
from tests.traces.words import Options
from tests.traces.world import World

from hotline import v1
from hotline.protocol.envelope import HEAD, digest_of, sign
from hotline.protocol.log import PostLog
from hotline.protocol.signing import Signer
from hotline.protocol.statements import sign_statement

STRANGER = key(255)
_BEAT = 1_000_000


def tamper(world: World, sender: str) -> None:
    """Change one byte of the first statement in the next Frame of a post that carries any."""
    left = [1]

    def tap(post: str, receiver: str, data: bytes) -> bytes:
        frame = v1.Frame.FromString(data)
        if post != sender or not left[0] or not frame.statements:
            return data
        left[0] = 0
        changed = bytearray(frame.statements[0].payload)
        changed[-1] ^= 1
        frame.statements[0].payload = bytes(changed)
        return frame.SerializeToString()

    world.net.tap = tap


def lose_statements(world: World, sender: str, frames: int) -> None:
    """Take the statements out of the next Frames of a post that carry any; their links arrive."""
    left = [frames]

    def tap(post: str, receiver: str, data: bytes) -> bytes:
        frame = v1.Frame.FromString(data)
        if post != sender or not left[0] or not frame.statements:
            return data
        left[0] -= 1
        frame.ClearField("statements")
        return frame.SerializeToString()

    world.net.tap = tap


def by_a_stranger(world: World, post: str, words: str, options: Options) -> None:
    """Somebody who holds no key of the channel speaks for a post."""
    _send(world, post, words, options, lambda signed: [STRANGER], STRANGER)


def by_its_node(world: World, post: str, words: str, options: Options) -> None:
    """The node of a post, in wrong hands, seals what no officer of that post may say, or says otherwise."""
    persons = options.take("by")
    stolen = [world.office.officers[post][person] for person in persons.split()]
    signers = world.net.desks[post].signers
    node = signers[0] if options.take("with") == "its first key" else signers[-1]
    _send(world, post, words, options, lambda signed: stolen or [STRANGER], node)


def _send(
    world: World, post: str, words: str, options: Options, officers: Callable[[str], list[Signer]], node: Signer
) -> None:
    net, names, called = world.net, options.take("to"), options.take("as")
    options.given.insert(0, ("to", names))
    draft = world.draft(post, words, options)
    statement = net[post].compose(draft, net.at(post))
    envelope = sign_statement(statement, *officers(draft.body.DESCRIPTOR.full_name))
    world.names.name(digest_of(envelope), called)
    log = _longer(net[post].logs[post], net.trust.agreement.channel, envelope, statement, net.at(post).utc_ms)
    frame = v1.Frame.FromString(net.frame(post, log, _BEAT, links=[log.run(1, log.sequence)], statements=[envelope]))
    frame.head.CopyFrom(sign(HEAD, frame.head.payload, node))
    for receiver in world.posts(names):
        net.deliver(receiver, frame.SerializeToString())


def _longer(log: PostLog, channel: str, envelope: v1.Envelope, statement: v1.Statement, at_ms: int) -> PostLog:
    """The log of a post with one more statement in it."""
    longer = PostLog(channel, log.post, log.epoch)
    longer.extend(log.links)
    longer.append(
        v1.Link(
            statement_digest=digest_of(envelope),
            sealed_at_ms=at_ms,
            precedence=statement.header.precedence,
            size=len(envelope.payload),
        )
    )
    return longer
