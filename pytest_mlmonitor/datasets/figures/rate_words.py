"""Shares and changes in the words of messages, with as many digits as tell them from their limit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pytest_mlmonitor.core.text.words import percent


def change(now: int, before: int, limit: float) -> str:
    """Return by how much a number grew or shrank, to be followed by what it was: ``40% fewer than``."""
    share = percent(Fraction(abs(now - before), before), hundredfold(limit))
    return f"{share} {'more' if now > before else 'fewer'} than"


def share_text(part: int, whole: int, limit: float) -> str:
    """Return a share as a percentage that can be told from its limit."""
    return percent(Fraction(part, whole), hundredfold(limit))


def hundredfold(share: float) -> Decimal:
    """Return a share as a percentage, exactly as it is written."""
    return 100 * Decimal(repr(share))
