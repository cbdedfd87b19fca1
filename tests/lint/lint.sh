#!/bin/sh
# Every check of ./run lint; goes through all of them, then tells what failed.
# Usage: lint.sh DIRECTORY_OF_PYTHON_TOOLS BUILD_FOLDER [--changed], from the root. --changed: clang-format and
# clang-tidy look only at files that differ from git's HEAD.
set -u
bin=$1
release=$2
failed=""

files() { # SUFFIX FOLDER...: the project's files below the folders
  suffix=$1
  shift
  find "$@" \( -name build -o -name .git \) -prune -o -type f -name "*.$suffix" -print |
    if [ "${changed:-}" ]; then grep -Fx "$changed" || true; else cat; fi
}
check() { # NAME COMMAND...
  name=$1
  shift
  printf '== %s\n' "$name" >&2
  "$@" || failed="$failed '$name'"
}
format() { { files h . && files cpp .; } | tr '\n' '\0' | xargs -0 -r "$bin/python" "$bin/clang-format" --dry-run -Werror; }
# The rooms without MLIR: its headers would take clang-tidy ten seconds a file and more.
tidy() {
  files cpp ./runtime ./witness ./frontend/nir ./passes/algorithms ./backends/chips ./backends/place ./backends/arrange ./backends/emit ./backends/partition ./backends/mapping |
    tr '\n' '\0' | xargs -0 -r -n 2 -P "$(nproc)" clang-tidy-19 --quiet -p "$release" 2>/dev/null
}

case ${3:-} in
  "") ;;
  --changed)
    changed=$({ git diff --name-only --diff-filter=d HEAD && git ls-files --others --exclude-standard; } | sed 's|^|./|')
    [ "$changed" ] || changed=none
    ;;
  *) echo "lint: unknown option '$3'; there is --changed" >&2; exit 2 ;;
esac
check "formatting of C++ (mend: build/venv/bin/clang-format -i FILE)" format
check "clang-tidy" tidy
check "ruff" "$bin/ruff" check .
check "formatting of Python (mend: build/venv/bin/ruff format)" "$bin/ruff" format --check .
check "one-way layers" "$bin/python" tests/lint/layers.py .
check "rules cited and tested" "$bin/python" tests/lint/rules.py .
[ -z "$failed" ] || { printf 'lint: failed:%s\n' "$failed" >&2; exit 1; }
printf 'lint: all checks passed\n' >&2
