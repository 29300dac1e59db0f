"""The digest that DVC takes of a directory: of the list of its files with their digests, in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def digest_of_list(files: Mapping[str, str]) -> str:
    """Return the digest of a directory with its suffix ``.dir``.

    Args:
        files: md5 by path from the directory, with ``/``.

    >>> digest_of_list({"a.csv": "d41d8cd98f00b204e9800998ecf8427e"})
    '03b1c2bdbac34f357f88573110caa2ce.dir'
    """
    listed = [{"md5": files[name], "relpath": name} for name in sorted(files, key=lambda name: name.split("/"))]
    content = json.dumps(listed, sort_keys=True).encode()
    return f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}.dir"
