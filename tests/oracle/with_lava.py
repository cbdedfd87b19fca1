"""python with_lava.py PROGRAM ARGUMENTS: runs a program that imports Lava 0.10 under a Python newer than 3.10.

Lava has dataclasses whose defaults are instances that cannot be hashed, which Python refuses since 3.11. Here such a
default becomes a factory, for Lava's own classes alone.
"""

import dataclasses
import runpy
import sys

_get_field = dataclasses._get_field


def _with_factory(cls, name, *rest):
    default = cls.__dict__.get(name, dataclasses.MISSING)
    unhashable = default is not dataclasses.MISSING and type(default).__hash__ is None
    if unhashable and cls.__module__.startswith("lava.") and not isinstance(default, dataclasses.Field):
        setattr(cls, name, dataclasses.field(default_factory=lambda: default))
    return _get_field(cls, name, *rest)


dataclasses._get_field = _with_factory

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
