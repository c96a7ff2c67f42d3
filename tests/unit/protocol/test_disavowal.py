"""What a party no longer stands by, and a node that lost what it said (spec 06, section 4)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.lives import alerts, comes_back, cut_after

from hotline import v1
from hotline.agreements.following import revoke
from hotline.protocol.errors import UsageError

# -- disavowal ---------------------------------------------------------------------------------------------------------


@pytest.mark.threat("station key compromise", defence="KEYS", measure="logs past a closure, disavowed")
def test_what_stands_past_a_closure_is_disavowed_and_stays() -> None:
    """REQ-EPOCH-2, REQ-EPOCH-4."""
    net = Net(A, B)
    asked = net.say(B, notice("for A"), asks="DECIDED")
    good = net.ack(A, asked.digest, v1.Read())
    bad = net.ack(A, asked.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    net.adopt(A, net.rotate(A, cut_after(net, A, 1), v1.Closure.REASON_COMPROMISE))
    for post in (A, B):
        assert [net.entry(post, each.digest).void for each in (good, bad)] == ["", "DISAVOWED"]
        assert net.entry(post, bad.digest).envelope == net.entry(A, bad.digest).envelope
        stages = net.stages(post, asked.digest, A)
        assert (stages["READ"], stages.get("DECIDED", "")) == ("READ", "")
        assert alerts(net, post).count("DISAVOWED") == 1
    verdicts = net.entry(B, asked.digest).verdicts[A, v1.STAGE_DECIDED]
    assert [verdict.outcome for verdict in verdicts] == [v1.Verdict.OUTCOME_IN_TIME]
    assert net.stages(A, bad.digest, B) == {"DELIVERED": "RECEIVED"}
    comes_back(net)


@pytest.mark.threat("station key compromise", defence="KEYS SEQ", measure="late links past a closure, disavowed")
def test_links_past_a_closure_that_come_late_are_disavowed_when_they_come() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    net.disconnect(B, C)
    bad = net.say(A, notice("bad"))
    net.disconnect(A, B)
    net.adopt(B, net.rotate(A, cut_after(net, A, 0), v1.Closure.REASON_COMPROMISE, equip=False))
    net.connect(B, C)
    assert net[C].trust.versions["AUS"] == 2
    for frame in net[B].serve(A, 1, 1, epoch=1):
        net.deliver(C, frame)
    net.settle()
    assert (net.entry(C, bad.digest).void, net.entry(C, bad.digest).place) == ("DISAVOWED", (1, 1))
    assert "DISAVOWED" in alerts(net, C)
    assert net.stages(B, bad.digest, C)["DELIVERED"] == "RECEIVED"
    comes_back(net)


def test_our_own_disavowed_statements_are_owed_to_nobody() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    bad = net.say(A, notice("bad"), asks="READ")
    net.adopt(A, net.rotate(A, cut_after(net, A, 0)))
    assert net[A].peers[C].outstanding == {}
    outcomes = {verdict.outcome for found in net.entry(A, bad.digest).verdicts.values() for verdict in found}
    assert v1.Verdict.OUTCOME_MOOT in outcomes
    comes_back(net)


@pytest.mark.threat("officer key compromise", defence="KEYS", measure="revoked keys good up to their place")
def test_a_revoked_key_is_good_up_to_its_place() -> None:
    """REQ-EPOCH-3."""
    net = Net(A, B)
    asked = net.say(B, notice("for A"), asks="DECIDED")
    good = net.ack(A, asked.digest, v1.Read())
    bad = net.ack(A, asked.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    signed = net.entry(A, bad.digest).said
    assert signed is not None
    keyid = signed.officers[0].key.fingerprint
    net.adopt(A, net.issue("AUS", revoke(keyid, cut_after(net, A, 1), net.now.utc_ns)))
    assert [net.entry(B, each.digest).void for each in (good, bad)] == ["", "DISAVOWED"]
    assert "DECIDED" not in net.stages(B, asked.digest, A)
    with pytest.raises(UsageError, match="KEY_REVOKED: the key of officer-1 was revoked"):
        net.ack(A, asked.digest, v1.Read())
    comes_back(net)


# -- rolled back -------------------------------------------------------------------------------------------------------


@pytest.mark.threat("restore / rollback", defence="KEYS", measure="rolled back posts that went on in the next epoch")
def test_a_rolled_back_node_goes_on_from_the_closure_and_fetches_what_it_lost() -> None:
    """REQ-EPOCH-5."""
    net = Net(A, B, C)
    kept = net.say(A, notice("kept"))
    keep = len(net.journal(A))
    lost = net.say(A, notice("lost"))
    last = net[A].logs[A].position()
    net.restart(A, keep=keep)
    net.connect()
    assert (net[A].rolled_back, alerts(net, A)) == (True, ["SUSPECTED", "SUSPECTED", "ROLLED_BACK"])
    with pytest.raises(UsageError, match="ROLLED_BACK"):
        net.say(A, notice("no"))
    net.adopt(A, net.rotate(A, last, v1.Closure.REASON_RESTORED))
    assert (net[A].rolled_back, net[A].confirmed) == (False, True)
    new = net.say(A, notice("new"))
    assert net.entry(B, new.digest).place == (2, 1)
    net.go(20)
    assert [net.entry(A, each.digest).place for each in (kept, lost, new)] == [(1, 1), (1, 2), (2, 1)]
    assert net.entry(A, lost.digest).void == ""
    net.go(20)
    assert net.errors == []
    assert net.stages(A, lost.digest, B)["DELIVERED"] == "RECEIVED"
    comes_back(net)


def test_what_waited_in_a_backup_is_not_said_again_if_it_had_its_place() -> None:
    """REQ-EPOCH-5: the model in formal/ shows how."""
    net = Net(A, B)
    net.say(A, notice("kept"))
    net.restart(A)
    waits, keep = net.say(A, notice("waits for the Hello")), len(net.journal(A))
    net.connect()
    assert net.entry(B, waits.digest).place == (1, 2)
    last = net[A].logs[A].position()
    net.go(1)
    net.restart(A, keep=keep)
    other = net.say(A, notice("said while nobody answers"))
    net.connect()
    net.adopt(A, net.rotate(A, last, v1.Closure.REASON_RESTORED))
    assert (net[A].confirmed, net.entry(A, other.digest).sequence) == (True, 0)
    net.go(40)
    for post in (A, B):
        assert [net.entry(post, each.digest).place for each in (waits, other)] == [(1, 2), (2, 1)]
    assert net.stages(A, waits.digest, B) == net.stages(A, other.digest, B) == {"DELIVERED": "RECEIVED"}
    assert net.errors == [] and net[A].ledger.waiting == []
    comes_back(net)


def test_a_node_that_lost_its_directory_too_is_told_it_and_waits_for_the_next() -> None:
    net = Net(A, B)
    keep = len(net.journal(A))
    net.adopt(A, net.rotate(A))
    net.say(A, notice("lost"))
    net.restart(A, keep=keep)
    net.connect()
    assert (net[A].trust.versions["AUS"], net[A].logs[A].epoch, net[A].rolled_back) == (2, 2, True)


def test_our_own_head_of_the_newest_epoch_does_not_come_from_outside() -> None:
    net = Net(A, B)
    net.say(A, notice())
    frame = net[A].current_frame()
    assert frame is not None
    net.deliver(A, frame)
    assert [error.code for _, error in net.errors] == ["OWN_HEAD"]
    net.adopt(A, net.rotate(A))
    net.deliver(A, frame)
    assert len(net.errors) == 1
    comes_back(net)
