"""What posts may say, and how long things take."""

from __future__ import annotations

from google.protobuf.message import Message
from hypothesis import strategies as st
from tests.kit import START_NS

from hotline import v1
from hotline.protocol.instant import NS_PER_S, to_timestamp

PRECEDENCES = st.sampled_from([v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE, v1.PRECEDENCE_ROUTINE])
ASKED = st.sampled_from([v1.STAGE_UNSPECIFIED, v1.STAGE_READ, v1.STAGE_UNDERSTOOD, v1.STAGE_PASSED, v1.STAGE_DONE])
POSITIONS = st.sampled_from(["bridge", "ops"])
# From a moment to most of an hour, most of it not a whole number of milliseconds.
SPANS_NS = st.one_of(
    st.integers(1, NS_PER_S),
    st.sampled_from([5 * NS_PER_S, 16 * NS_PER_S, 60 * NS_PER_S, 600 * NS_PER_S]),
    st.integers(1, 2_000 * NS_PER_S),
)
WORDS = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
STAGES: st.SearchStrategy[Message] = st.sampled_from(
    [
        v1.Read(),
        v1.Readback(fields=[v1.ReadbackField(path="exclusion_radius_m", value="5556")], words=WORDS),
        v1.Passed(to="fleet"),
        *(
            v1.Decision(value=value, reason="as said")
            for value in v1.Decision.Value.values()
            if value not in (v1.Decision.VALUE_UNSPECIFIED, v1.Decision.VALUE_DEFERRED)
        ),
        *(
            v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=to_timestamp(START_NS + until_s * NS_PER_S))
            for until_s in (0, 600)
        ),
        *(v1.Compliance(value=value) for value in v1.Compliance.Value.values() if value),
    ]
)
FIELD = {v1.Read: "read", v1.Readback: "readback", v1.Passed: "passed", v1.Decision: "decision"}
