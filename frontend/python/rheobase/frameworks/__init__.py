"""Readers of frameworks' modules: a torch.nn.Module becomes a Network that steps as the framework does.

Adding a framework: a file with a `Framework` and its `from_NAME`, a line in `_HOME` of the package, an extra in
pyproject.toml, random networks in tests/live. `SUPPORT.md` is written from these files.
"""
