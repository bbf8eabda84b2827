#!/bin/sh
# Make .venv with a Python that will do, and put the pinned installer into it. Run by make, from the repository's root.
set -eu

suits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# A version manager may offer a command that does not run, therefore each is tried.
python=
for name in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
    if suits "$name"; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "Regulars needs Python 3.11 or newer; name yours with: make PYTHON=/path/to/python3" >&2
    exit 1
fi

# Debian ships Python without the part that makes environments.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
    else
        echo "This Python cannot make environments. Run once: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

if [ ! -x .venv/bin/uv ]; then
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
        -r requirements/bootstrap.txt
fi
