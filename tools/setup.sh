#!/usr/bin/env bash
# Make the virtual environment and install the project into it.
#
#     tools/setup.sh run     what the hotline command needs
#     tools/setup.sh dev     that, and the tools for working on it
#
# Takes uv where it is at hand, else the venv module and pip. PYTHON names an interpreter to prefer, VENV a
# folder other than .venv. The Makefile calls it only when pyproject.toml is newer than the stamp left here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

profile=${1:?run or dev}
venv=${VENV:-.venv}
oldest='import sys; sys.exit(sys.version_info < (3, 11))'

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# An interpreter counts only if it runs, is new enough and, without uv, can make environments.
usable() {
    command -v "$1" >/dev/null && "$1" -c "$oldest" 2>/dev/null || return 1
    command -v uv >/dev/null || "$1" -c 'import ensurepip, venv' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if usable "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "No Python 3.11 or newer that can make a virtual environment was found." \
        "Install one (on Debian and Ubuntu: apt install python3 python3-venv), or uv, or name one: make PYTHON=/path/to/python3.11"
}

# An environment is kept if its interpreter is new enough and there is a way to install into it.
kept() {
    "$venv/bin/python" -c "$oldest" 2>/dev/null || return 1
    command -v uv >/dev/null || "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

create() {
    local python
    python=$(find_python)
    echo "Making $venv with $python"
    if command -v uv >/dev/null; then
        uv venv --quiet --clear --python "$python" "$venv"
    else
        "$python" -m venv --clear "$venv"
    fi
}

install() {
    echo "Installing $1 into $venv"
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$venv/bin/python" --editable "$1"
    else
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$1"
    fi
}

kept || create
case $profile in
    run) install . ;;
    dev) install '.[dev]' && touch "$venv/.set-up-dev" ;;
    *) fail "unknown profile: $profile" ;;
esac
touch "$venv/.set-up-run"
