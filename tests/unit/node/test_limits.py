"""Buckets and the section of the configuration."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hotline.node.limits import Bucket, Limits


class Seconds:
    """A clock that stands until it is put on."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_bucket_holds_its_burst_and_refills_at_its_rate() -> None:
    clock = Seconds()
    bucket = Bucket(2.0, 10, clock)
    assert [bucket.take(1) for _ in range(11)] == [True] * 10 + [False]
    clock.at = 1.0
    assert [bucket.take(1) for _ in range(3)] == [True, True, False]
    clock.at = 1_000.0
    assert [bucket.take(5) for _ in range(3)] == [True, True, False]


def test_what_is_larger_than_the_bucket_takes_all_of_it() -> None:
    clock = Seconds()
    bucket = Bucket(1.0, 10, clock)
    assert bucket.take(1_000)
    assert not bucket.take(1)
    clock.at = 9.0
    assert not bucket.take(1_000)
    clock.at = 10.0
    assert bucket.take(1_000)


def test_what_is_owed_is_made_up_for_first() -> None:
    clock = Seconds()
    bucket = Bucket(2.0, 10, clock)
    bucket.owe(14)
    assert not bucket.take(0)
    clock.at = 2.0
    assert (bucket.take(0), bucket.take(1)) == (True, False)
    clock.at = 1_000.0
    assert [bucket.take(10) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("wrong", [{"statements_per_s": 0}, {"flash_burst": 0}, {"no_such_limit": 1}])
def test_a_limit_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)
