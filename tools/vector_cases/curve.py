"""Ed25519 signatures that no honest signer makes, so that a case fails for its own reason and for no other.

RFC 8032 by its formulas, in affine coordinates; slow, and for known keys only.
"""

from __future__ import annotations

from hashlib import sha256, sha512

from hotline.keys.signer import SoftSigner

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
L = 2**252 + 27742317777372353535851937790883648493
# y of the four points of order 8, up to sign.
ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7

NEUTRAL = (1).to_bytes(32, "little")
NEUTRAL_NOT_REDUCED = (1 + P).to_bytes(32, "little")
# A point of large order, y = 3, written as p + 3.
NOT_REDUCED = (3 + P).to_bytes(32, "little")

Point = tuple[int, int]


def scalar(signer: SoftSigner) -> int:
    """The secret scalar of a key."""
    half = bytearray(sha512(signer.private_key.private_bytes_raw()).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    return int.from_bytes(half, "little")


def challenge(commitment: bytes, signer: SoftSigner, message: bytes) -> int:
    """H(R, A, M) as a number modulo L."""
    return int.from_bytes(sha512(commitment + signer.public_key + message).digest(), "little") % L


def with_neutral_commitment(signer: SoftSigner, message: bytes, commitment: bytes) -> bytes:
    """A signature whose R encodes the neutral element: S = k a solves the equation without any nonce."""
    return commitment + (challenge(commitment, signer, message) * scalar(signer) % L).to_bytes(32, "little")


def with_s_not_reduced(signature: bytes) -> bytes:
    """The same signature with S + L in place of S."""
    return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")


def with_cofactor_only(signer: SoftSigner, message: bytes) -> bytes:
    """A signature that solves the equation only when both sides are multiplied by eight: R has a part of order 8."""
    nonce = SoftSigner.from_seed(sha256(b"hotline vectors nonce" + message).digest())
    commitment = encode(add(decode(nonce.public_key), decode(ORDER_8_Y.to_bytes(32, "little"))))
    s = (scalar(nonce) + challenge(commitment, signer, message) * scalar(signer)) % L
    return commitment + s.to_bytes(32, "little")


def decode(encoded: bytes) -> Point:
    """The point that 32 bytes stand for; they must stand for one."""
    value = int.from_bytes(encoded, "little")
    y, sign = value & 2**255 - 1, value >> 255
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = pow(u * pow(v, -1, P) % P, (P + 3) // 8, P)
    if v * x * x % P != u:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == sign else P - x), y


def add(one: Point, other: Point) -> Point:
    """The sum of two points."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x3, y3


def times(factor: int, point: Point) -> Point:
    """A multiple of a point."""
    total = (0, 1)
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def encode(point: Point) -> bytes:
    """32 bytes that stand for a point."""
    return (point[1] | point[0] % 2 << 255).to_bytes(32, "little")


# y = 4/5, x even.
BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
