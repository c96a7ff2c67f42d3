"""Every code of the protocol, in one table: what it means and where it can appear.

The specification's table (spec 02, "Codes") is generated from `CODES`; a test holds every raised code against it.
`REFUSED` codes go into signed refusals and are final; `FRAME` codes refuse a whole Frame and change nothing but a
counter; `NOT_NOW` codes mean "try again later"; `LOCAL` codes are answers to the local caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where a code appears."""

    REFUSED = "REFUSED"
    FRAME = "FRAME"
    NOT_NOW = "NOT_NOW"
    LOCAL = "LOCAL"


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table."""

    code: str
    where: tuple[Where, ...]
    meaning: str


_ALL = (Where.REFUSED, Where.FRAME, Where.LOCAL)
_FRAME = (Where.FRAME,)
_LOCAL = (Where.LOCAL,)
_BOTH = (Where.REFUSED, Where.LOCAL)

CODES: tuple[Code, ...] = (
    # The wire (spec 02, strict scan)
    Code("SCAN_UNKNOWN_FIELD", _ALL, "a field number that this version does not know"),
    Code("SCAN_DUPLICATE_FIELD", _ALL, "a singular field given more than once"),
    Code("SCAN_ONEOF_PAIR", _ALL, "two members of one oneof"),
    Code("SCAN_OVERLONG_VARINT", _ALL, "a varint written with more bytes than it needs"),
    Code("SCAN_WIDTH", _ALL, "a value outside the width its field declares"),
    Code("SCAN_ENUM", _ALL, "an enumeration value outside the closed list"),
    Code("SCAN_NOT_PACKED", _ALL, "repeated numbers not in one packed run"),
    Code("SCAN_GROUP", _ALL, "a protobuf group"),
    Code("SCAN_DEPTH", _ALL, "messages nested deeper than ten"),
    Code("SCAN_UTF8", _ALL, "text that is not UTF-8"),
    Code("SCAN_TEXT_NFC", _ALL, "text that is not in Unicode normalisation form C"),
    Code("SCAN_TEXT_CONTROL", _ALL, "text with control, bidirectional-control or non-characters"),
    Code("SCAN_TRUNCATED", _ALL, "bytes that end in the middle of a field"),
    Code("SCAN_WIRE_TYPE", _ALL, "a field written with another wire type than its own"),
    Code("SCAN_MAP", _ALL, "a protobuf map, which has no one order"),
    Code("SCAN_ANY", _ALL, "a google.protobuf.Any"),
    Code("SCAN_DEFAULT_ENCODED", _ALL, "a zero written out where its field leaves zeroes out"),
    # Signatures and keys
    Code("PAYLOAD_TYPE", _ALL, "another payload type than is expected here"),
    Code("KEY_UNKNOWN", (Where.FRAME, Where.LOCAL), "a signature by a key that no directory lists for this"),
    Code("KEY_INVALID", (Where.FRAME, Where.LOCAL), "a public key that the strict profile does not admit"),
    Code("KEY_ALGORITHM", (Where.FRAME, Where.LOCAL), "a key of another algorithm than the agreement asks for"),
    Code("SIGNATURE_INVALID", (Where.FRAME, Where.LOCAL), "a signature that does not verify"),
    Code("SIGNATURE_DUPLICATE", (Where.FRAME, Where.LOCAL), "one key signing twice"),
    Code("SIGNATURE_COUNT", _ALL, "more or fewer signers than the type needs"),
    # Statements
    Code("WRONG_CHANNEL", _ALL, "said on another channel"),
    Code("WRONG_KIND", _ALL, "EXERCISE on an ACTUAL channel or the reverse"),
    Code("UNKNOWN_AGREEMENT", _ALL, "under an agreement, or a revision of it, that is not held"),
    Code("AGREEMENT_EXPIRED", _BOTH, "sealed when the revision of the agreement that it names is not in force"),
    Code("UNKNOWN_TYPE", _BOTH, "a body type that the agreement does not list or this node does not know"),
    Code("RULE_BROKEN", _ALL, "a rule of the proto does not hold; the detail names it"),
    Code("TOO_LARGE", _ALL, "larger than the agreement or the frame allows"),
    Code("SIZE_MISMATCH", (Where.REFUSED,), "its link gives another size or precedence than the statement has"),
    Code("NOT_ITS_POST", _ALL, "spoken for another post than the one whose log or officers it carries"),
    Code("ROLE_NOT_ALLOWED", _BOTH, "signed by an officer whose role may not sign this type"),
    Code("CERTIFICATE_EXPIRED", _ALL, "signed under a certificate that did not hold at sealing"),
    Code("UNKNOWN_ADDRESSEE", _BOTH, "addressed to a post that no directory lists"),
    Code("RELEASE_PASSED", _BOTH, "sealed after the instant it had to be released before"),
    Code("REPLAYED", (Where.REFUSED,), "a statement that this channel has already had; it takes effect once"),
    Code("REFERENCE_COUNT", _BOTH, "an update or cancel that does not name exactly one predecessor"),
    Code("HANDOVER_SIGNERS", _BOTH, "a hand-over of the watch that is not signed by who leaves and who takes over"),
    Code("TEST_NOT_PLAIN", _BOTH, "a test of the line with anything in its header that an alert could have"),
    Code("RADIO_SILENCE_TOO_LONG", _BOTH, "a radio silence longer than the agreement allows"),
    Code("RETRACTION_NOT_FLASH", _BOTH, "a retraction at another precedence than FLASH"),
    # Frames, heads and logs
    Code("PIN_MISMATCH", _FRAME, "a Head of a post over a TLS certificate that is not pinned for it"),
    Code("OWN_HEAD", _FRAME, "a Head in this post's own name and newest epoch came from outside"),
    Code("EPOCH_UNKNOWN", _FRAME, "a Head of another epoch than its certificate is for"),
    Code("LINKS_GAP", _FRAME, "links that do not join on to what is held"),
    Code("LINKS_NOT_COVERED", _FRAME, "links that do not lead to the link digest the Head signs"),
    Code("FORK", (Where.FRAME, Where.LOCAL), "two signed logs of one post contradict each other"),
    Code("ROLLED_BACK", _LOCAL, "a peer holds more of our log than we do: this node lost its newest records"),
    # Transport
    Code("BUSY", (Where.NOT_NOW,), "more than is taken of one peer at a time; try again"),
    Code("STORAGE_LOW", (Where.NOT_NOW, Where.LOCAL), "the disk is nearly full; only FLASH is taken"),
    Code("STOPPING", (Where.NOT_NOW,), "the node is shutting down"),
    Code(
        "NOT_DURABLE",
        (Where.NOT_NOW, Where.LOCAL),
        "the journal failed; nothing is acknowledged until a restart",
    ),
    # Agreement and directory
    Code("AGREEMENT_SIGNATURES", _LOCAL, "not signed by every party's roots over identical bytes"),
    Code("AGREEMENT_DIGEST", _LOCAL, "not the agreement that was pinned"),
    Code("DIRECTORY_MISSING", _LOCAL, "a party has no directory"),
    Code("DIRECTORY_FOREIGN", _LOCAL, "a directory of another channel, agreement, kind or party"),
    Code("KEY_SHARED", _LOCAL, "one key listed for two posts, persons or purposes"),
    Code("KEY_PUBLISHED", _LOCAL, "a key whose private part everybody has, in anything ACTUAL"),
    Code("POST_FOREIGN", _LOCAL, "a post listed by a party it does not belong to"),
    Code("UNKNOWN_POST", _LOCAL, "a log of a post that no directory lists"),
    Code("AGREEMENT_CHAIN", (Where.FRAME, Where.LOCAL), "a revision that does not follow the one held"),
    Code("AGREEMENT_FORK", (Where.FRAME, Where.LOCAL), "another revision of the agreement with the same number"),
    Code("DIRECTORY_CHAIN", (Where.FRAME, Where.LOCAL), "a directory that does not follow the version held"),
    Code("DIRECTORY_FORK", (Where.FRAME, Where.LOCAL), "another directory of a party with the same version"),
    Code("EPOCH_CHAIN", (Where.FRAME, Where.LOCAL), "an epoch opened without closing the one before, or the reverse"),
    Code("KEY_REVOKED", _LOCAL, "signed by an officer's key that its party has revoked"),
    Code(
        "WOULD_DISAVOW",
        _LOCAL,
        "a paper that would undo what was sealed already: a closure behind the log, a revision that began before",
    ),
    # Local use
    Code("NOT_HELD", _LOCAL, "no such message is held here"),
    Code("REF_AMBIGUOUS", _LOCAL, "the reference fits more than one message"),
    Code("OUTBOX_FULL", _LOCAL, "a peer has not receipted so many statements that only FLASH is taken now"),
    Code("POSITION_UNKNOWN", _LOCAL, "a watch position that is not staffed"),
    Code("CONFIG_INVALID", _LOCAL, "a node's configuration file, or what a field of it names, cannot be used"),
    Code("NODE_UNREACHABLE", _LOCAL, "no node answers there"),
    Code("VECTORS_INVALID", _LOCAL, "a folder that holds no vectors, or a case that is not in their form"),
    Code("KIT_INVALID", _LOCAL, "a kit of the conformance suite that cannot be used"),
    Code("NODE_NOT_FRESH", _LOCAL, "a node under test that has talked to the suite before"),
    Code("VIRTUAL_ONLY", _LOCAL, "a scenario with something that real nodes cannot be made to do"),
    Code("MSEL_INVALID", _LOCAL, "a sheet of injects that cannot be read"),
    Code("SPEED_INVALID", _LOCAL, "no exercise clock runs at this speed"),
    Code("TAPE_INVALID", _LOCAL, "a file that is no tape of a node's inputs"),
    Code("MALFORMED", (Where.FRAME, Where.LOCAL), "bytes that are no such object"),
    # The journal
    Code("JOURNAL_IO", _LOCAL, "the journal's storage fails or does not answer"),
    Code("JOURNAL_CORRUPT", _LOCAL, "a journal whose bytes are damaged"),
    Code("JOURNAL_IN_USE", _LOCAL, "a journal that another process writes"),
    Code("JOURNAL_FENCED", _LOCAL, "a journal that another node has taken over"),
    Code("JOURNAL_NOT_OURS", _LOCAL, "a file that is no journal, or one of a later version"),
    Code("JOURNAL_WRONG_OWNER", _LOCAL, "the journal of another post, channel or kind"),
    Code("JOURNAL_WEAK_DURABILITY", _LOCAL, "a setting that would let a commit be lost"),
    Code("JOURNAL_SQLITE_VERSION", _LOCAL, "a version of SQLite with known faults"),
    Code("JOURNAL_NO_DRIVER", _LOCAL, "a journal in a database without the package that speaks to it"),
    Code("JOURNAL_CLOSED", _LOCAL, "a journal that was closed"),
    # Keys at rest
    Code("KEY_LABEL", _LOCAL, "a name, a party or a post that no key can have"),
    Code("KEY_FORMAT", _LOCAL, "a file that is no key or certificate in our form"),
    Code("KEY_IO", _LOCAL, "a key file that cannot be read or written"),
    Code("KEY_EXISTS", _LOCAL, "a key file that is there already; keys are never overwritten"),
    Code("KEY_EXPOSED", _LOCAL, "a private key that others than its owner may reach"),
    Code("KEY_PLACE", _LOCAL, "words that are no address of a key in a token (RFC 7512)"),
    Code("KEY_TOKEN", _LOCAL, "a token that is absent, does not answer, or lacks the key"),
    Code("KEY_PASSPHRASE", _LOCAL, "a passphrase or PIN that is missing, wrong, empty or not needed"),
    Code("KEY_MISMATCH", _LOCAL, "names in a key file that are not those of the key it holds"),
    Code("KEY_WRONG_KIND", _LOCAL, "a key for EXERCISE where ACTUAL is wanted, or the reverse"),
    Code("KEY_WRONG_ROLE", _LOCAL, "a key of another role than is wanted"),
    Code("KEY_OTHER_KIND", _LOCAL, "a key that this installation knows as one of the other kind"),
    Code("KEY_BOOK_CORRUPT", _LOCAL, "the book of known keys has a line that is none"),
    Code("KEY_VALIDITY", _LOCAL, "a certificate for no time, or for longer than one may hold"),
    Code("KEY_FOREIGN", _LOCAL, "a key of another party or post than it is used for"),
    # The command line, and files that people write
    Code("USAGE", _LOCAL, "a command that was called wrongly"),
    Code("FILE_UNREADABLE", _LOCAL, "a file that cannot be read"),
    Code("FILE_UNWRITABLE", _LOCAL, "a file that cannot be written"),
    Code("FILE_EXISTS", _LOCAL, "a file that is there already and was left as it is"),
    Code("INPUT_YAML", _LOCAL, "a file that is not plain YAML"),
    Code("INPUT_TOO_LARGE", _LOCAL, "a file larger than any of its kind"),
    Code("INPUT_DUPLICATE_KEY", _LOCAL, "a key given twice, or two of which only one may be given"),
    Code("INPUT_UNKNOWN_KEY", _LOCAL, "a key or field that there is not"),
    Code("INPUT_MISSING_KEY", _LOCAL, "a key that is needed and missing"),
    Code("INPUT_BAD_VALUE", _LOCAL, "a value that its field cannot take"),
    Code("INPUT_BARE_NUMBER", _LOCAL, "a number without its unit"),
    Code("INPUT_WRONG_UNIT", _LOCAL, "a unit that is unknown or of another dimension"),
    Code("INPUT_BAD_QUANTITY", _LOCAL, "words that are no quantity or no position"),
    Code("PROFILE_INVALID", _LOCAL, "an agreement profile that cannot be used"),
    Code("CERTIFICATE_INVALID", _LOCAL, "a file that holds no TLS certificate"),
    Code("NOT_A_PARTY", _LOCAL, "a party that the agreement does not name"),
    Code("NO_SUCH_STAGE", _LOCAL, "a stage that nobody, or more than one post, has said about the message"),
    # Recorded tracks
    Code("TRACKS_UNKNOWN_FORM", _LOCAL, "a file in none of the forms that recorded tracks come in"),
    Code("TRACKS_INVALID", _LOCAL, "a line of recorded tracks that is not in its file's form"),
    Code("TRACKS_NO_READER", _LOCAL, "recorded tracks in a form without the package that reads it"),
    Code("TRACKS_NO_ENCOUNTER", _LOCAL, "recorded tracks without such an encounter"),
    Code("PARAMETER_INVALID", _LOCAL, "a parameter that no rule of conduct has, or a value of another kind"),
    # Campaigns of simulated runs
    Code("PARAMETER_UNKNOWN", _LOCAL, "a path at which a scenario holds nothing"),
    Code("PARAMETER_TWICE", _LOCAL, "a path that a campaign sets in two ways"),
    Code("DISTRIBUTION_INVALID", _LOCAL, "words that are no distribution, or no values to go through"),
    Code("GOAL_INVALID", _LOCAL, "words that ask nothing of a run"),
    Code("CAMPAIGN_EXISTS", _LOCAL, "a folder that holds a campaign, which is not to be resumed"),
    Code("CAMPAIGN_OTHER", _LOCAL, "a campaign of another plan, or of other code, than what is kept of it"),
    Code("CAMPAIGN_ENGINE", _LOCAL, "workers of a campaign that are lost or not there"),
    Code("RUN_FAILED", _LOCAL, "a run of a campaign that ended with a fault of the program itself"),
    # Bridges to other forms
    Code("BRIDGE_NO_FORM", _LOCAL, "a message that the form asked for has no place for"),
    Code("BRIDGE_EARLIER_MISSING", _LOCAL, "a message that builds on one which is not at hand"),
    Code("BRIDGE_AREA", _LOCAL, "an area that the form asked for cannot show"),
    Code("BRIDGE_REGION", _LOCAL, "words that name no flight information region"),
    Code("PART_MISSING", _LOCAL, "an optional part that is not installed"),
    # Evidence
    Code("TRANSCRIPT_FORMAT", _LOCAL, "not a transcript, or one that is cut short or altered in form"),
    Code("TRANSCRIPT_DIGEST", _LOCAL, "bytes changed after the exporter signed"),
    Code("TRANSCRIPT_SIGNATURE", _LOCAL, "not signed by a node of a post in its directories"),
    Code("TRANSCRIPT_CONTENT", _LOCAL, "a record that does not verify under its agreement"),
)

_BY_CODE = {row.code: row for row in CODES}


def meaning(code: str) -> str:
    """What a code means, in one line; KeyError for a code that is not in the table."""
    return _BY_CODE[code].meaning
