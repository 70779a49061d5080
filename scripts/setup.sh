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
    local lock="requirements/$1.txt" here python stamp
    here=$(pwd -P)
    python=$(find_python) || exit 1
    # Hashing is instant; installing is not. The folder counts too: an environment holds its own path.
    stamp=$({ echo "$here"; cat "$lock" pyproject.toml; } |
        "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [ -x .venv/bin/python ] && [ -f ".venv/inknet-$1-$stamp" ]; then
        return
    fi
    echo "Setting up .venv from $lock …" >&2
    # pip comes last into a new environment, and tells where it is: so this finds a half-made, moved or copied one.
    case "$(.venv/bin/pip --version 2>/dev/null)" in
        *" $here/.venv/"*) ;;
        *)
            if ! "$python" -m venv --clear .venv >&2; then
                rm -rf .venv
                echo "Python's venv module does not work here: on Debian and Ubuntu, apt-get install python3-venv." >&2
                exit 1
            fi
            ;;
    esac
    rm -f .venv/inknet-"$1"-*
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    touch ".venv/inknet-$1-$stamp"
}

# node_modules as the lock file says. npm leaves its own note behind, which is as new as the packages are.
install_packages() {
    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel error --no-audit --no-fund >&2
}
