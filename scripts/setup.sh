#!/usr/bin/env bash
# Makes .venv with a Python of 3.11 to 3.13 and installs what a lock file pins; quick where that is done already.
# PYTHON names the Python to use; else the first that runs is taken. A second argument is the folder of .venv, where that is
# not this project.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=$PWD/$1
installed=.venv/.$1
cd "${2:-.}"
python=.venv/bin/python

# Running it tells more than its name: a pyenv shim may stand on the path and fail.
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null < /dev/null; }
fits() { case $(version_of "$1") in 3.11 | 3.12 | 3.13) return 0 ;; *) return 1 ;; esac; }
makes_environments() { "$1" -c 'import ensurepip, venv' > /dev/null 2>&1 < /dev/null; }
stop() { echo "$*" >&2; exit 1; }

find_python() {
    local without_venv=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
        if fits "$candidate"; then
            if makes_environments "$candidate"; then
                echo "$candidate"
                return
            fi
            without_venv=$candidate
        fi
    done
    if [ "$without_venv" ]; then
        stop "$without_venv lacks the modules venv and ensurepip: install them (on Debian and Ubuntu: python3-venv) and run this again."
    fi
    stop "Python 3.11, 3.12 or 3.13 is needed, and none was found: install one, or name it: make setup PYTHON=/path/to/python3."
}

if [ "${PYTHON:-}" ] && ! fits "$PYTHON"; then
    echo "PYTHON=$PYTHON does not run or is not 3.11 to 3.13: looking for another." >&2
fi
if [ -e .venv ] || [ -L .venv ]; then
    why=
    if ! fits $python; then
        why="its Python is gone or is not 3.11 to 3.13"
    elif [ "${PYTHON:-}" ] && fits "$PYTHON" && [ "$(version_of "$PYTHON")" != "$(version_of $python)" ]; then
        why="PYTHON is $(version_of "$PYTHON") and .venv has $(version_of $python)"
    elif ! cmp -s "$lock" "$installed" && ! $python -m pip --version > /dev/null 2>&1; then
        why="it was not finished"
    fi
    if [ "$why" ]; then
        # What is a link or no environment is somebody's own.
        if [ -L .venv ] || [ ! -f .venv/pyvenv.cfg ]; then
            stop ".venv cannot be used ($why) and was not made here: move it away and run this again."
        fi
        found=$(find_python)
        echo ".venv is made again: $why."
        rm -rf .venv
    fi
fi
if [ ! -e .venv ]; then
    found=${found:-$(find_python)}
    echo "Making .venv with Python $(version_of "$found") ..."
    "$found" -m venv .venv
fi
if ! cmp -s "$lock" "$installed"; then
    echo "Installing what $1 pins ..."
    $python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r "$lock"
    cp "$lock" "$installed"
fi
