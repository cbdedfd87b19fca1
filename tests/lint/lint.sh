#!/bin/sh
# Formatting, Python lint, one-way layers. Usage: lint.sh DIRECTORY_OF_PYTHON_TOOLS (from the root).
set -u
bin=$1
status=0
git ls-files '*.h' '*.cpp' | xargs clang-format --dry-run -Werror || status=1
"$bin/ruff" check . || status=1
"$bin/ruff" format --check . || status=1
"$bin/python" tests/lint/layers.py . || status=1
exit $status
