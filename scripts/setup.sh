# shellcheck shell=bash
# Sourced by the other scripts: `set_up core` or `set_up dev` makes .venv match the lock file.
# Works in bash 3.2, which is what macOS has.

# The commands of the environment: .venv/Scripts on Windows.
bin=.venv/bin
case "${OSTYPE:-}" in msys* | cygwin*) bin=.venv/Scripts ;; esac

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "inknet needs Python 3.11 or later on the PATH; install it and try again." >&2
    return 1
}

set_up() {
    local lock="requirements/$1.txt" here python stamp
    here=$(pwd -P)
    python=$(find_python) || exit 1
    # A hash of what determines the environment; its folder too, because an environment holds its own path.
    stamp=$({ echo "$here"; cat "$lock" pyproject.toml; } |
        "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [ -f ".venv/inknet-$1-$stamp" ] && "$bin/python" -c "" 2>/dev/null; then
        return
    fi
    echo "Setting up .venv from $lock …" >&2
    # pip is installed last and prints its location: an incomplete, moved or copied environment does not match.
    case "$("$bin/pip" --version 2>/dev/null)" in
        *" $here/.venv/"*) ;;
        *)
            if ! "$python" -m venv --clear .venv >&2; then
                rm -rf .venv
                echo "Python's venv module does not work; on Debian and Ubuntu, apt-get install python3-venv." >&2
                exit 1
            fi
            ;;
    esac
    rm -f .venv/inknet-"$1"-*
    "$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    "$bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    touch ".venv/inknet-$1-$stamp"
}

# Makes node_modules match package-lock.json. npm writes its own lock last, so its date is that of the packages.
install_packages() {
    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel error --no-audit --no-fund >&2
}
