"""Rules on the fields, and how a broken one is named."""

from __future__ import annotations

import pytest
from tests.kit import notice

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.rules import broken_rules, check_rules


def test_what_stands_breaks_nothing() -> None:
    assert broken_rules(notice()) == []
    check_rules(notice())


def test_a_broken_rule_is_named_with_its_field() -> None:
    body = notice()
    body.area.circle.centre.latitude_deg = 91
    (path, rule, words) = broken_rules(body)[0]
    assert path == "area.circle.centre.latitude_deg"
    assert rule.startswith("double")
    assert words


def test_a_rule_on_a_whole_message_names_the_message() -> None:
    with pytest.raises(PeerDataError, match=r"^RULE_BROKEN: Decision: .*declin.* \[decision.reason\]") as caught:
        check_rules(v1.Decision(value=v1.Decision.VALUE_DECLINED))
    assert caught.value.code == "RULE_BROKEN"


def test_three_broken_rules_are_enough() -> None:
    empty = v1.StatementHeader()
    assert len(broken_rules(empty)) > 3
    with pytest.raises(PeerDataError) as caught:
        check_rules(empty)
    assert caught.value.detail.count("; ") == 2


def test_a_rule_without_an_answer_does_not_hold() -> None:
    """From the first to the last instant there is, a span is more nanoseconds than 64 bits hold."""
    certificate = v1.NodeCertificate(key=v1.Key(algorithm=v1.ALGORITHM_ED25519, public_key=bytes(32)), epoch=1)
    getattr(certificate.valid, "from").seconds = -62_135_596_800
    certificate.valid.until.seconds = 253_402_300_799
    with pytest.raises(PeerDataError, match=r"RULE_BROKEN.*not_evaluated"):
        check_rules(certificate)
