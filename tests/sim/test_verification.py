from __future__ import annotations

from hotline_sim.run import Finished
from hotline_sim.scenario import Scenario
from hotline_sim.verification import verify_all
from hotline_sim.world import World

A, B = "AUS:fleet-watch", "CHN:fleet-watch"


def test_both_sides_prove_the_same(encounter: Finished) -> None:
    evidence = verify_all(encounter.transcripts, encounter.agreement.digest, {A: "a.bin"})
    assert evidence.ok and evidence.first_divergence == ""
    assert [(proof.post, proof.file, proof.messages, proof.pinned) for proof in evidence.proofs] == [
        (A, "a.bin", 13, True),
        (B, "", 13, True),
    ]


def test_a_changed_byte_is_refused(encounter: Finished) -> None:
    spoilt = bytearray(encounter.transcripts[A])
    spoilt[len(spoilt) // 2] ^= 1
    evidence = verify_all({A: bytes(spoilt), B: encounter.transcripts[B]}, encounter.agreement.digest, {})
    assert not evidence.ok
    assert [proof.ok for proof in evidence.proofs] == [False, True]
    assert evidence.proofs[0].code != ""


def test_another_agreement_is_refused(encounter: Finished) -> None:
    evidence = verify_all(encounter.transcripts, bytes(32), {})
    assert {proof.code for proof in evidence.proofs} == {"AGREEMENT_DIGEST"}


def test_transcripts_of_two_runs_diverge(toowoomba: Scenario, encounter: Finished) -> None:
    other = World(toowoomba, 99).play()
    assert other.agreement.digest == encounter.agreement.digest, "published keys: one agreement for every seed"
    evidence = verify_all({A: encounter.transcripts[A], B: other.transcripts[B]}, encounter.agreement.digest, {})
    assert all(proof.ok for proof in evidence.proofs)
    assert not evidence.ok and evidence.first_divergence == f"log of {A} at 1"


def test_a_transcript_of_another_post_is_not_taken_for_its_own(encounter: Finished) -> None:
    evidence = verify_all({A: encounter.transcripts[B]}, encounter.agreement.digest, {})
    assert not evidence.ok


def test_nothing_proves_nothing(encounter: Finished) -> None:
    assert not verify_all({}, encounter.agreement.digest, {}).ok
