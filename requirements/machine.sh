#!/bin/sh
# Install what the tests need beside Python, where all of them must run: Chromium and a Java runtime.
set -eu

packages=
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
command -v java >/dev/null 2>&1 || packages="$packages default-jre-headless"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing for the tests:$packages. On Debian run once: sudo apt-get install$packages" >&2
    exit 1
fi
apt-get update -qq
# shellcheck disable=SC2086  # One word per package.
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
