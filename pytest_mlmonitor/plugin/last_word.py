"""What is done when pytest has said its last word: until then hooks of others may change the exit status, or end in a traceback.

``--max-warnings`` decides after the summary, a conftest may set ``session.exitstatus`` last of all, and an unraisable exception
under ``-W error`` is raised when every hook has been called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

import pytest

_actions_key = pytest.StashKey[list[Callable[[bool], object]]]()


def at_the_end(config: pytest.Config, action: Callable[[bool], object]) -> None:
    """Call ``action(crashed)`` at the very end, the one that came last first; pytest ends with a traceback where ``crashed``.

    Whoever asks first, while plugins are loaded, is behind everything that they will ask pytest to do at its end.
    """
    if _actions_key in config.stash:
        config.stash[_actions_key].append(action)
        return
    actions = config.stash[_actions_key] = [action]
    around = sys.exc_info()[1]  # pytest may have been started while somebody handles an exception

    def end(_: object, error: BaseException | None, __: TracebackType | None) -> None:
        crashed = error is not None or sys.exc_info()[1] is not around
        with ExitStack() as stack:  # all of them, whatever one of them raises
            for one in actions:
                stack.callback(one, crashed)

    stack = getattr(
        config, "_cleanup_stack", None
    )  # there is no public way to hear of an error in what was asked for later
    if isinstance(stack, ExitStack):
        stack.push(end)
    else:
        config.add_cleanup(lambda: end(None, None, None))
