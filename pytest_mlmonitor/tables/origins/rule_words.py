"""Which key of a property asks for what a broken rule of a column is called after."""

from __future__ import annotations

from pytest_mlmonitor.tables.contract.row_terms import TermPath

_OPTIONS = "logicalTypeOptions"
OWN = "mlmonitor."
"""What our own words in ``customProperties`` begin with."""


def _option(*names: str) -> tuple[TermPath, ...]:
    return tuple((_OPTIONS, name) for name in names)


_FEWEST = _option("minItems", "minProperties", "dimensions")
_MOST = _option("maxItems", "maxProperties", "dimensions")

NULLABLE: tuple[TermPath, ...] = (("required",), ("primaryKey",))
TYPE: tuple[TermPath, ...] = (("logicalType",), ("physicalType",))
UNIQUE: tuple[TermPath, ...] = (("unique",), ("primaryKey",))

_WORDS: tuple[tuple[str, tuple[TermPath, ...]], ...] = (
    ("null", NULLABLE),
    ("NaN", ((OWN + "nan",),)),
    ("infinite", ((OWN + "nan",),)),
    ("no multiple of", _option("multipleOf")),
    ("not above", _option("exclusiveMinimum", "minimum")),
    ("not after", _option("exclusiveMinimum", "minimum")),
    ("not below", _option("exclusiveMaximum", "maximum")),
    ("not before", _option("exclusiveMaximum", "maximum")),
    ("below", _option("minimum")),
    ("before", _option("minimum")),
    ("above", _option("maximum")),
    ("after", _option("maximum")),
    ("empty or blank", ((OWN + "notBlank",),)),
    ("of another form", _option("pattern", "format")),
    ("none of the allowed values", (("enum",), *_option("enum"))),
    ("a list with an item twice", _option("uniqueItems")),
    ("shorter than", (*_option("minLength"), *_FEWEST)),
    ("longer than", (*_option("maxLength"), *_MOST, ("physicalType",))),
    ("filled in fewer", _FEWEST),
    ("filled in more", _MOST),
)
"""How the words of a rule begin (:mod:`.plan.columns`), and the keys that may ask for it, the likeliest first."""


def keys_of_rule(what: str) -> tuple[TermPath, ...]:
    """Return the keys that may ask for the rule that is broken where a value is ``what``; none where no key is known for it.

    >>> keys_of_rule("below 0"), keys_of_rule("off the 15-minute grid")
    ((('logicalTypeOptions', 'minimum'),), ())
    """
    return next((keys for words, keys in _WORDS if what.startswith(words)), ())
