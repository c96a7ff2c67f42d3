"""Two posts in memory: one gives notice, the other receives, reads and accepts it. No network, no clock, no file."""

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.keys import published_signer
from hotline.protocol.effects import Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.statements import Draft, sign_statement

AUS, CHN, now = "AUS:fleet-watch", "CHN:fleet-watch", Instant(mono_ns=0, utc_ns=1_700_000_000 * 10**9)
channel = rehearse([AUS, CHN], published_signer, now.utc_ns)
posts = {p: Endpoint(p, channel.trust, channel.nodes[p], SeededIdentifiers(p.encode()), now) for p in (AUS, CHN)}


def settle() -> None:
    """Carry Frames to and fro until nobody has anything new to say."""
    while frames := [e for post in posts.values() for e in post.take_effects() if isinstance(e, Send)]:
        for frame in frames:
            posts[frame.peer].receive(frame.frame, now)


def say(post: str, to: str, body: v1.ActivityStart | v1.Acknowledgement) -> bytes:
    """One officer signs; the node seals; the line carries it."""
    statement = posts[post].compose(Draft(body, [to], v1.PRECEDENCE_IMMEDIATE, stage_requested=v1.STAGE_DECIDED), now)
    sent = posts[post].submit(sign_statement(statement, channel.officers[post]["officer-1"]), now)
    settle()
    return sent.digest


posts[AUS].link(CHN, True, now)
posts[CHN].link(AUS, True, now)
settle()
digest = say(AUS, CHN, v1.ActivityStart(started_at=to_timestamp(now.utc_ns)))
posts[CHN].staff("bridge", True, now)
posts[CHN].present(digest, "bridge", now)
say(CHN, AUS, v1.Acknowledgement(subject=digest, read=v1.Read()))
say(CHN, AUS, v1.Acknowledgement(subject=digest, decision=v1.Decision(value=v1.Decision.VALUE_ACCEPTED)))
for stage in posts[AUS].view(posts[AUS].book.entries[digest]).addressees[0].stages:
    print(f"{stage.name:10} {stage.value or '-':10} {stage.verdict}")
