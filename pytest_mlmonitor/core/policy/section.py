"""What every section of the policy is, and the kinds of numbers that its keys take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from pytest_mlmonitor.core.text.durations import DURATION, parse_duration

PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
CENTURY_SECONDS = 100 * 365.25 * 86400
Share = Annotated[float, Field(ge=0, le=1)]


AnySection = TypeVar("AnySection", bound="Section")


class AsWritten:
    """Marks a key whose variable is no JSON: the validators of the policy take its text as it is."""


class Section(BaseModel):
    """Keys that belong together; ``false`` in the place of all of them switches the checks off that they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ORDERED: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys of which the first must not be above the second: what warns, and what fails."""

    _off: bool = PrivateAttr(default=False)

    @model_validator(mode="wrap")
    @classmethod
    def _or_false(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, bool):
            return handler({})._switched(not value)
        if not isinstance(value, Mapping | cls):
            raise ValueError("expected a table of keys, or false")
        return handler(value)

    @model_validator(mode="after")
    def _refuse_disorder(self) -> Self:
        for low, high in self.ORDERED:
            said = [key for key in (low, high) if key in self.model_fields_set]
            if len(said) == 2:
                self.refuse_above(low, high)
        return self

    def refuse_above(self, low: str, high: str) -> None:
        """Refuse a key that is above the one that it leads up to.

        Raises:
            ValueError: it is.
        """
        first, last = getattr(self, low), getattr(self, high)
        if first > last:
            default = "" if high in self.model_fields_set else ", the default"
            other = "" if low in self.model_fields_set else ", the default"
            raise ValueError(f"{low} = {first:g}{other} is above {high} = {last:g}{default}: expected at most that")

    @cached_property  # asked before every check; pydantic looks private attributes up slowly
    def off(self) -> bool:
        """Whether the checks of this section are switched off."""
        return self._off

    @property
    def said_keys(self) -> frozenset[str]:
        """The keys that are set here, and those that hold with them."""
        return frozenset(self.model_fields_set)

    def switched_off(self) -> Self:
        """Return this section with its keys, its checks switched off."""
        return self.model_copy()._switched(True)

    def _switched(self, off: bool) -> Self:
        """Return this section, which nobody else holds yet, switched on or off."""
        self._off = off
        self.__dict__.pop("off", None)
        return self

    def under(self, narrower: Self) -> Self:
        """Return this section with the keys that a narrower scope sets; who says anything of a section wants its checks."""
        made = self.model_copy(update={key: getattr(narrower, key) for key in narrower.model_fields_set})
        return made._switched(narrower.off)


def in_order_with_defaults(section: AnySection) -> AnySection:
    """Return a section that nothing wider stands behind: its defaults are in order with what it says, too.

    Raises:
        ValueError: they are not.
    """
    for low, high in section.ORDERED:
        # Who only says from when on something is an error asks for no warning before it.
        if low in section.model_fields_set or not low.endswith("_warning"):
            section.refuse_above(low, high)
    return section


def _length(value: object) -> object:
    """Return a duration in seconds: text only, since a bare number does not say of what."""
    if isinstance(value, str):
        seconds = parse_duration(value)
        if not seconds:
            raise ValueError("expected a length of time greater than 0")
        return seconds
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(
            f'{value} has no unit: say it, as in "{value}s", "{value}m" or "{value}h": expected {DURATION}'
        )
    raise ValueError(f"expected {DURATION}")


Duration = Annotated[float | None, BeforeValidator(_length)]


def _bytes(value: object) -> object:
    """Return a number of bytes, also of one with a unit."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B?|B)?\s*", value)
    if found is None:
        raise ValueError('expected a number of bytes, or one with a unit: "512MiB", "2GiB", "2GB"')
    return float(found[1]) * (1024 if found[3] else 1000) ** ("KMGT".index(found[2]) + 1 if found[2] else 0)


Bytes = Annotated[float, BeforeValidator(_bytes), Field(gt=0, allow_inf_nan=False)]


def names_listed(value: object) -> object:
    """Return the names of a variable as a list; the file has one already.

    Raises:
        ValueError: it is neither text nor a list.
    """
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of names")
    return value
