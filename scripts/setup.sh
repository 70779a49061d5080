# shellcheck shell=bash
# Sourced by serve, test and check: `set_up core` or `set_up dev` makes .venv what the lock file says.
# Runs in bash 3.2 too, which is what macOS has.

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "inknet needs Python 3.11 or later, and there is none on the PATH: install one, then try again." >&2
    return 1
}

set_up() {
    local lock="requirements/$1.txt" python stamp
    python=$(find_python) || exit 1
    # Hashing is instant; installing is not. A dev environment also serves.
    stamp=$(cat "$lock" pyproject.toml | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [ -x .venv/bin/python ] && [ -f ".venv/inknet-$1-$stamp" ]; then
        return
    fi
    if [ ! -x .venv/bin/python ] && ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "Python's venv module does not work: on Debian and Ubuntu, apt-get install python3-venv." >&2
        exit 1
    fi
    echo "Setting up .venv from $lock …" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    rm -f .venv/inknet-"$1"-*
    touch ".venv/inknet-$1-$stamp"
}
